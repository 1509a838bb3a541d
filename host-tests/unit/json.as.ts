import { JsonError, JsonEvent, JsonScanner } from "../../assembly/json/scanner";
import { ByteWriter, newByteWriter } from "../../assembly/bytes/writer";
import { equalsBytes } from "../../assembly/bytes/ascii";

/**
 * Runs the scanner over a document cut into chunks and keeps a log of what it reported: for each
 * event its kind, two offsets, a number and bytes (see `host-tests/unit/json.ts`, which reads it).
 * Text pieces of one string are one log entry. Each chunk lies alone in memory with hostile bytes
 * behind it, so that a scanner that looked past its end would be seen.
 */
const logBytesMax: u32 = 1 << 28;
const paddingBytes: u32 = 32;

/** What lies behind a chunk, begun at another byte for each chunk size. */
const hostile = memory.data<u8>([0x61, 0x22, 0x5c, 0x31, 0x7d, 0x20, 0x5d, 0xff]);

const scanner = changetype<JsonScanner>(heap.alloc(offsetof<JsonScanner>()));
const log: ByteWriter = newByteWriter(1 << 16, logBytesMax);
const text: ByteWriter = newByteWriter(1 << 16, logBytesMax);
const skipped: ByteWriter = newByteWriter(64, 1024);
let chunk: usize = 0;
let chunkCapacity: u32 = 0;
let wantTexts: bool = true;
let skipSeed: u32 = 0;

export function scannerBytes(): u32 {
  return offsetof<JsonScanner>();
}

export function allocate(bytes: u32): usize {
  return heap.alloc(bytes + paddingBytes);
}

export function release(ptr: usize): void {
  heap.free(ptr);
}

export function logPtr(): usize {
  return log.ptr;
}

/** What the caller of the scanner does: want text, skip the member of a name, skip at random. */
export function behave(want: bool, seed: u32, namePtr: usize, nameBytes: u32): void {
  wantTexts = want;
  skipSeed = seed;
  skipped.reset();
  skipped.copy(namePtr, nameBytes);
}

/** Scans a first chunk of `firstBytes`, then chunks of `chunkBytes`; answers the log's size. */
export function scan(ptr: usize, bytes: u32, firstBytes: u32, chunkBytes: u32): u32 {
  log.reset();
  text.reset();
  scanner.start();
  let used: u32 = 0;
  let size = min(firstBytes, bytes);
  do {
    scanner.feed(isolate(ptr + used, size), size);
    drain();
    used += size;
    size = min(chunkBytes, bytes - used);
  } while (used < bytes);
  let event = scanner.finish();
  while (event != JsonEvent.Done && event != JsonEvent.Fail) {
    note(event);
    event = scanner.finish();
  }
  note(event);
  if (scanner.finish() != event) unreachable();
  return log.bytes;
}

/** Scans in place without a log, for speed: Done or Fail. */
export function verdict(ptr: usize, bytes: u32, skipAll: bool): JsonEvent {
  scanner.start();
  if (skipAll) scanner.skip();
  scanner.feed(ptr, bytes);
  let event = scanner.next();
  while (event != JsonEvent.More && event != JsonEvent.Fail) {
    if (wantTexts && event == JsonEvent.StringOpen) scanner.wantText();
    event = scanner.next();
  }
  event = scanner.finish();
  while (event == JsonEvent.Number) event = scanner.finish();
  return event;
}

function isolate(ptr: usize, bytes: u32): usize {
  if (chunkCapacity < bytes + paddingBytes) {
    if (chunk != 0) heap.free(chunk);
    chunkCapacity = bytes + paddingBytes;
    chunk = heap.alloc(chunkCapacity);
  }
  memory.copy(chunk, ptr, bytes);
  for (let i: u32 = 0; i < paddingBytes; i++) {
    store<u8>(chunk + bytes + i, load<u8>(hostile + ((bytes + i) & 7)));
  }
  return chunk;
}

function drain(): void {
  for (;;) {
    const event = scanner.next();
    if (event == JsonEvent.More || event == JsonEvent.Fail) break;
    note(event);
    if (event == JsonEvent.StringOpen && wantTexts) scanner.wantText();
    else if (wantsSkip(event)) scanner.skip();
  }
  // Asking again changes nothing.
  const again = scanner.next();
  if (again != JsonEvent.More && again != JsonEvent.Fail) unreachable();
}

function wantsSkip(event: JsonEvent): bool {
  const named =
    event == JsonEvent.Name &&
    skipped.bytes != 0 &&
    equalsBytes(scanner.namePtr, scanner.nameBytes, skipped.ptr, skipped.bytes);
  if (named) return true;
  if (skipSeed == 0) return false;
  if (event != JsonEvent.Name && event != JsonEvent.ObjectOpen && event != JsonEvent.ArrayOpen) {
    return false;
  }
  return ((scanner.tokenStart * 0x9e3779b1 + skipSeed) * 0x85ebca6b) >> 29 < 3;
}

function note(event: JsonEvent): void {
  if (event == JsonEvent.Text) {
    text.copy(scanner.textPtr, scanner.textBytes);
    return;
  }
  if (text.bytes != 0) record(JsonEvent.Text, 0, 0, 0, text.ptr, text.bytes);
  text.reset();
  const start = scanner.tokenStart;
  const end = scanner.tokenEnd;
  switch (event) {
    case JsonEvent.StringOpen:
      return record(event, start, 0, 0, 0, 0);
    case JsonEvent.StringClose: {
      const high = <u32>scanner.trailingHighSurrogate;
      return record(event, start, end, scanner.leadingLowSurrogate | (high << 16), 0, 0);
    }
    case JsonEvent.Name: {
      const flags = (<u32>scanner.nameOverflowed) | ((<u32>scanner.nameInvalidUtf8) << 1);
      return record(event, start, end, flags, scanner.namePtr, scanner.nameBytes);
    }
    case JsonEvent.Number: {
      const flags = <u32>scanner.numberOverflowed;
      return record(event, start, end, flags, scanner.numberPtr, scanner.numberBytes);
    }
    case JsonEvent.Done:
      return record(event, scanner.skippedStart, scanner.skippedEnd, scanner.depth, 0, 0);
    case JsonEvent.Fail:
      return record(event, scanner.errorOffset, 0, scanner.error, 0, 0);
    default:
      return record(event, start, end, scanner.depth, 0, 0);
  }
}

function record(kind: u32, a: u32, b: u32, c: u32, ptr: usize, bytes: u32): void {
  const head = log.reserve(20);
  if (head == 0) return;
  store<u32>(head, kind);
  store<u32>(head, a, 4);
  store<u32>(head, b, 8);
  store<u32>(head, c, 12);
  store<u32>(head, bytes, 16);
  log.bytes += 20;
  log.copy(ptr, bytes);
}
