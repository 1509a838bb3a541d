import { pathBytesMax } from "../bounds";

/**
 * A request's path as an upstream may understand it, so that no spelling of an endpoint slips past:
 * the query and fragment cut off, percent-escapes decoded (RFC 3986 section 2.1) until none is
 * left, `\` taken for `/`, empty and `.` segments dropped, `..` applied, and no slash at the end.
 * Of a segment counts what stands before a matrix parameter (`;x`), an escaped `?` or `#`, a blank
 * or a control character: some server drops each of these (Python's `$` matches before a line
 * feed).
 *
 * Where `..` meets any of this, or something that may end a path or hide a slash stands inside,
 * two servers may end up in different places. Such a path is ambiguous: it keeps all its segments
 * but the dots, and one must look for what it may mean.
 */
const normal: usize = memory.data(4096 + 16, 16);
let normalBytes: u32 = 0;
let ambiguous: bool = false;

/** What makes readers of a path disagree, found on the way. */
let sawDotDot: bool = false;
let sawOddity: bool = false;
let sawInnerEnd: bool = false;
let sawInnerParameter: bool = false;
/** A slash that is one only to some readers. */
let sawHiddenSlash: bool = false;

export function normalPathPtr(): usize {
  return normal;
}

export function normalPathBytes(): u32 {
  return normalBytes;
}

export function normalPathAmbiguous(): bool {
  return ambiguous;
}

/** Normalises into the shared buffer; false, with nothing in it, for a path that is too long. */
export function normalisePath(ptr: usize, bytes: u32): bool {
  normalBytes = 0;
  ambiguous = false;
  sawDotDot = false;
  sawOddity = false;
  sawInnerEnd = false;
  sawInnerParameter = false;
  sawHiddenSlash = false;
  const end = endOfPath(ptr, bytes);
  if (end > pathBytesMax) return false;
  memory.copy(normal, ptr, end);
  const size = decodePercent(normal, end);
  noteOddities(normal, size);
  ambiguous = (sawDotDot && sawOddity) || sawInnerEnd || (sawInnerParameter && sawHiddenSlash);
  normalBytes = joinSegments(normal, size);
  return true;
}

function endOfPath(ptr: usize, bytes: u32): u32 {
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = load<u8>(ptr + i);
    if (byte == 0x3f || byte == 0x23) return i;
  }
  return bytes;
}

/**
 * Decodes in place, also what decoding brings forth; answers the new size. Escapes never overlap,
 * so the order in which they are decoded does not matter.
 */
function decodePercent(ptr: usize, bytes: u32): u32 {
  const plainDots = hasPlainDots(ptr, bytes);
  let out: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    store<u8>(ptr + out++, load<u8>(ptr + i));
    while (out > 2 && load<u8>(ptr + out - 3) == 0x25) {
      const high = hexValue(load<u8>(ptr + out - 2));
      const low = hexValue(load<u8>(ptr + out - 1));
      if (high > 15 || low > 15) break;
      const byte = (high << 4) | low;
      out -= 2;
      store<u8>(ptr + out - 1, byte);
      if (isSlash(byte)) sawHiddenSlash = true;
      if (byte == 0x25 || (byte == 0x2e && plainDots)) sawOddity = true;
    }
  }
  return out;
}

function hasPlainDots(ptr: usize, bytes: u32): bool {
  for (let i: u32 = 2; i < bytes; i++) {
    if (load<u16>(ptr + i - 1) == 0x2e2e && isSlash(load<u8>(ptr + i - 2))) return true;
  }
  return false;
}

function hexValue(byte: u8): u8 {
  if (byte - 0x30 < 10) return byte - 0x30;
  const lower = byte | 0x20;
  return lower - 0x61 < 6 ? lower - 0x61 + 10 : 255;
}

/** Notes what the decoded path holds that readers take in different ways. */
function noteOddities(ptr: usize, bytes: u32): void {
  let ended = false;
  let parameter = false;
  let start: u32 = 0;
  for (let at: u32 = 0; at <= bytes; at++) {
    const byte: u8 = at < bytes ? load<u8>(ptr + at) : 0x2f;
    if (byte == 0x5c) sawHiddenSlash = true;
    if (byte == 0x3b) parameter = true;
    if (byte == 0 || byte == 0x3f || byte == 0x23) ended = true;
    if (!isSlash(byte)) continue;
    const segment = segmentBytes(ptr + start, at - start);
    const isDouble = at == start && start > 0 && at < bytes;
    if (isDouble || segment < at - start) sawOddity = true;
    if (isDotDot(ptr + start, segment)) sawDotDot = true;
    if (ended && at < bytes) sawInnerEnd = true;
    if (parameter && at < bytes) sawInnerParameter = true;
    start = at + 1;
  }
  if (sawHiddenSlash) sawOddity = true;
}

/** Copies the segments that count down over the rest, in place. */
function joinSegments(ptr: usize, bytes: u32): u32 {
  let out: u32 = 0;
  let at: u32 = 0;
  while (at < bytes) {
    const start = at;
    while (at < bytes && !isSlash(load<u8>(ptr + at))) at++;
    const segment = segmentBytes(ptr + start, at - start);
    if (isDotDot(ptr + start, segment)) {
      while (!ambiguous && out > 0 && load<u8>(ptr + --out) != 0x2f) {}
    } else if (segment != 0 && !(segment == 1 && load<u8>(ptr + start) == 0x2e)) {
      // A segment moves left over the slash before it at the most, so nothing unread is lost.
      if (out < start) store<u8>(ptr + out, 0x2f);
      out += out < start ? 1 : 0;
      memory.copy(ptr + out, ptr + start, segment);
      out += segment;
    }
    at++;
  }
  return out;
}

function isSlash(byte: u8): bool {
  return byte == 0x2f || byte == 0x5c;
}

function isDotDot(ptr: usize, bytes: u32): bool {
  return bytes == 2 && load<u16>(ptr) == 0x2e2e;
}

/** The bytes of a segment that count. */
function segmentBytes(ptr: usize, bytes: u32): u32 {
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = load<u8>(ptr + i);
    if (byte <= 0x20 || byte == 0x7f) return i;
    if (byte == 0x3b || byte == 0x3f || byte == 0x23) return i;
  }
  return bytes;
}
