import { pathBytesMax } from "../bounds";

/**
 * A request's path as an upstream may understand it, so that no spelling of an endpoint slips past:
 * the query and fragment cut off, percent-escapes decoded (RFC 3986 section 2.1) until none is
 * left, `\` taken for `/`, empty and `.` segments dropped, `..` applied, matrix parameters (`;x`)
 * cut off, and no slash at the end.
 */
const normal: usize = memory.data(4096 + 16, 16);
let normalBytes: u32 = 0;

/** Rounds of percent-decoding; each makes the text shorter, and doubly encoded paths do exist. */
const decodeRoundsMax: u32 = 3;

export function normalPathPtr(): usize {
  return normal;
}

export function normalPathBytes(): u32 {
  return normalBytes;
}

/** Normalises into the shared buffer; false, with nothing in it, for a path that is too long. */
export function normalisePath(ptr: usize, bytes: u32): bool {
  normalBytes = 0;
  const end = endOfPath(ptr, bytes);
  if (end > pathBytesMax) return false;
  memory.copy(normal, ptr, end);
  let size = end;
  for (let round: u32 = 0; round < decodeRoundsMax; round++) {
    const decoded = decodePercent(normal, size);
    if (decoded == size) break;
    size = decoded;
  }
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

/** Decodes in place; answers the new size. */
function decodePercent(ptr: usize, bytes: u32): u32 {
  let out: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    let byte = load<u8>(ptr + i);
    if (byte == 0x25 && i + 2 < bytes) {
      const high = hexValue(load<u8>(ptr + i + 1));
      const low = hexValue(load<u8>(ptr + i + 2));
      if (high < 16 && low < 16) {
        byte = (high << 4) | low;
        i += 2;
      }
    }
    store<u8>(ptr + out++, byte);
  }
  return out;
}

function hexValue(byte: u8): u8 {
  if (byte - 0x30 < 10) return byte - 0x30;
  const lower = byte | 0x20;
  return lower - 0x61 < 6 ? lower - 0x61 + 10 : 255;
}

/** Copies the segments that count down over the rest, in place. */
function joinSegments(ptr: usize, bytes: u32): u32 {
  let out: u32 = 0;
  let at: u32 = 0;
  while (at < bytes) {
    const start = at;
    while (at < bytes && !isSlash(load<u8>(ptr + at))) at++;
    const segment = withoutParameters(ptr + start, at - start);
    if (segment == 2 && load<u16>(ptr + start) == 0x2e2e) {
      while (out > 0 && load<u8>(ptr + --out) != 0x2f) {}
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

function withoutParameters(ptr: usize, bytes: u32): u32 {
  for (let i: u32 = 0; i < bytes; i++) if (load<u8>(ptr + i) == 0x3b) return i;
  return bytes;
}
