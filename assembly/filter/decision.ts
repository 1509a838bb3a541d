import { bodySlices, replaceRequestBody } from "../abi/body";
import { replaceHeader } from "../abi/headers";
import { BufferType, MapType, Status } from "../abi/types";
import { writeDecimalU64 } from "../bytes/decimal";
import { Literal, literal } from "../bytes/literal";
import { ByteWriter, newByteWriter } from "../bytes/writer";
import { bodyScratch, releaseScratch } from "./scratch";

/**
 * What *decide* decided about a request that goes on, as one flat record of bytes: edits of
 * headers, then edits of the body. It names no stream and holds no address, so whoever stands where
 * headers can still be changed may apply it: this filter itself, or another one that was handed the
 * bytes.
 *
 * Record: header edits as (1, name bytes u8, value bytes u16, name, value), then body edits in
 * ascending order as (2, start u32, end u32, size u32, bytes), all numbers little-endian.
 */
const headerEdit: u8 = 1;
const bodyEdit: u8 = 2;

const record: ByteWriter = newByteWriter(1024, 65536);
let bodyEdits: u32 = 0;

const contentLength: Literal = literal("content-length");

export function beginDecision(): void {
  record.reset();
  bodyEdits = 0;
}

/** The record as it stands, for handing it on. */
export function decisionRecord(): ByteWriter {
  return record;
}

/** Sets a request header. The value is the caller's to check: visible ASCII, below 64 KiB. */
export function setHeader(name: Literal, value: usize, bytes: u32): void {
  record.byte(headerEdit);
  record.byte(<u8>name.bytes);
  record.byte(<u8>bytes);
  record.byte(<u8>(bytes >> 8));
  record.copy(name.ptr, name.bytes);
  record.copy(value, bytes);
}

/**
 * Begins an edit of the body: the bytes from `start` to `end` give way to what the caller writes to
 * the answered writer before `endBodyEdit`. Edits come in ascending order.
 */
export function beginBodyEdit(start: u32, end: u32): ByteWriter {
  record.byte(bodyEdit);
  writeU32(start);
  writeU32(end);
  writeU32(0);
  sizeAt = record.bytes;
  bodyEdits += 1;
  return record;
}

let sizeAt: u32 = 0;

export function endBodyEdit(): void {
  store<u32>(record.ptr + sizeAt - 4, record.bytes - sizeAt);
}

/** What became of a record that was to be carried out. */
export const enum Applied {
  Whole,
  /** Nothing was changed. */
  Not,
  /** The host refused a change, perhaps after others: the request must not go on like this. */
  Partly,
}

/**
 * Carries out the record on the request at hand, of which the host has `bodyBytes` of body
 * buffered. With the headers still held, a content-length is set to the new size; otherwise the
 * length must be open already (`lengthOpen`), or an edit of the body is refused.
 */
export function applyDecision(bodyBytes: u32, headersHeld: bool, lengthOpen: bool): Applied {
  if (record.overflowed) return Applied.Not;
  if (bodyEdits != 0) {
    const applied = applyToBody(bodyBytes, headersHeld && !lengthOpen, lengthOpen);
    if (applied != Applied.Whole) return applied;
  }
  return headersHeld ? applyToHeaders() : Applied.Whole;
}

function applyToBody(bodyBytes: u32, setsLength: bool, lengthOpen: bool): Applied {
  const edited = editBody(bodyBytes);
  if (edited === null) return Applied.Not;
  if (setsLength) lengthOpen = setLength(edited.bytes) == Status.Ok;
  const status = replaceRequestBody(lengthOpen, bodyBytes, edited.ptr, edited.bytes);
  releaseScratch(edited);
  return status == Status.Ok ? Applied.Whole : Applied.Partly;
}

function applyToHeaders(): Applied {
  let at: u32 = 0;
  while (at < record.bytes && load<u8>(record.ptr + at) == headerEdit) {
    const edit = record.ptr + at;
    const nameBytes = <u32>load<u8>(edit, 1);
    const valueBytes = <u32>load<u16>(edit, 2);
    if (applyHeader(edit + 4, nameBytes, valueBytes) != Status.Ok) return Applied.Partly;
    at += 4 + nameBytes + valueBytes;
  }
  return Applied.Whole;
}

const digits: usize = memory.data(32);

function setLength(bytes: u32): Status {
  const size = writeDecimalU64(digits, bytes);
  return replaceHeader(MapType.RequestHeaders, contentLength, digits, size);
}

const headerName = changetype<Literal>(memory.data(16, 4));

function applyHeader(namePtr: usize, nameBytes: u32, valueBytes: u32): Status {
  headerName.ptr = namePtr;
  headerName.bytes = nameBytes;
  return replaceHeader(MapType.RequestHeaders, headerName, namePtr + nameBytes, valueBytes);
}

const editHeadBytes: u32 = 13;

/** The body as the record's edits leave it; null when the host lacks bytes. */
function editBody(bodyBytes: u32): ByteWriter | null {
  let at: u32 = 0;
  while (load<u8>(record.ptr + at) == headerEdit) {
    at += 4 + load<u8>(record.ptr + at, 1) + load<u16>(record.ptr + at, 2);
  }
  const out = bodyScratch;
  out.reset();
  let bodyAt: u32 = 0;
  while (at < record.bytes) {
    const edit = record.ptr + at;
    const size = load<u32>(edit, 9);
    if (!copyBody(out, bodyAt, load<u32>(edit, 1))) return null;
    out.copy(edit + editHeadBytes, size);
    bodyAt = load<u32>(edit, 5);
    at += editHeadBytes + size;
  }
  return copyBody(out, bodyAt, bodyBytes) ? out : null;
}

function copyBody(out: ByteWriter, start: u32, end: u32): bool {
  const slices = bodySlices(BufferType.RequestBody, start, end);
  while (slices.next()) out.copy(slices.ptr, slices.bytes);
  return slices.complete;
}

function writeU32(value: u32): void {
  const at = record.reserve(4);
  if (!at) return;
  store<u32>(at, value);
  record.bytes += 4;
}
