import { behindUtf8Blocks } from "./utf8_blocks";

/** What `utf8Step` answers for a byte that cannot follow. */
export const utf8Invalid: u32 = 0xffffffff;

/** Stands for what is not a character. */
export const replacementCharacter: u32 = 0xfffd;

/**
 * One byte of a check that runs across chunks. `state` is 0 between characters, else what the next
 * byte must be; the answer is the next state or `utf8Invalid`. The ranges are Table 3-7 of the
 * Unicode Standard: no overlong form, no surrogate, nothing above U+10FFFF.
 */
export function utf8Step(state: u32, byte: u32): u32 {
  if (state == 0) return byte < 0x80 ? 0 : stateAfterLead(byte);
  const low = (state >> 8) & 0xff;
  const high = (state >> 16) & 0xff;
  if (byte < low || byte > high) return utf8Invalid;
  const left = (state & 0xff) - 1;
  return left == 0 ? 0 : expecting(left, 0x80, 0xbf);
}

// @inline: one shift-and-or of constants, called for every byte of non-ASCII text.
@inline
function expecting(left: u32, low: u32, high: u32): u32 {
  return left | (low << 8) | (high << 16);
}

function stateAfterLead(byte: u32): u32 {
  if (byte < 0xc2 || byte > 0xf4) return utf8Invalid;
  if (byte < 0xe0) return expecting(1, 0x80, 0xbf);
  if (byte < 0xf0) {
    if (byte == 0xe0) return expecting(2, 0xa0, 0xbf);
    return byte == 0xed ? expecting(2, 0x80, 0x9f) : expecting(2, 0x80, 0xbf);
  }
  if (byte == 0xf0) return expecting(3, 0x90, 0xbf);
  return byte == 0xf4 ? expecting(3, 0x80, 0x8f) : expecting(3, 0x80, 0xbf);
}

/**
 * Runs `utf8Step` over a span and answers the last state: 0 if the span ends between characters.
 * Loads stay inside the span.
 */
export function utf8Run(state: u32, ptr: usize, bytes: u32): u32 {
  const end = ptr + bytes;
  let blocksTried = false;
  while (ptr < end) {
    if (state == 0 && !blocksTried) {
      ptr = behindUtf8Blocks(ptr, end);
      blocksTried = true;
      if (ptr >= end) return 0;
    }
    state = utf8Step(state, load<u8>(ptr++));
    if (state == utf8Invalid) return utf8Invalid;
  }
  return state;
}

/** Whether the span is well-formed UTF-8 from its first to its last byte. */
export function isUtf8(ptr: usize, bytes: u32): bool {
  return utf8Run(0, ptr, bytes) == 0;
}

/**
 * The character at `ptr` (below `end`): its code point in the low 24 bits, its bytes (1 to 4) in
 * the high 8. What is not well-formed gives U+FFFD for its maximal subpart, as the WHATWG Encoding
 * Standard decodes; so does a character that `end` cuts (see `utf8PendingBytes`).
 */
export function decodeUtf8(ptr: usize, end: usize): u32 {
  const lead: u32 = load<u8>(ptr);
  if (lead < 0x80) return lead | (1 << 24);
  let state = stateAfterLead(lead);
  if (state == utf8Invalid) return replacementCharacter | (1 << 24);
  let codePoint = lead & (0x3f >> (state & 0xff));
  let length: u32 = 1;
  while (state != 0) {
    const next = ptr + length;
    const byte: u32 = next < end ? load<u8>(next) : 0;
    state = utf8Step(state, byte);
    if (state == utf8Invalid) return replacementCharacter | (length << 24);
    codePoint = (codePoint << 6) | (byte & 0x3f);
    length++;
  }
  return codePoint | (length << 24);
}

/**
 * How many bytes at the end of the span (0 to 3) begin a character that more bytes could complete:
 * what a reader of chunks has to keep for the next one.
 */
export function utf8PendingBytes(ptr: usize, bytes: u32): u32 {
  const most: u32 = bytes < 3 ? bytes : 3;
  for (let back: u32 = 1; back <= most; back++) {
    const lead: u32 = load<u8>(ptr + bytes - back);
    if (lead < 0x80) return 0;
    if (lead < 0xc0) continue;
    const state = utf8Run(0, ptr + bytes - back, back);
    return state != 0 && state != utf8Invalid ? back : 0;
  }
  return 0;
}

/** Writes a code point (a Unicode scalar value) as UTF-8; answers the bytes written, 1 to 4. */
export function encodeUtf8(codePoint: u32, out: usize): u32 {
  if (codePoint < 0x80) {
    store<u8>(out, codePoint);
    return 1;
  }
  if (codePoint < 0x800) {
    store<u8>(out, 0xc0 | (codePoint >> 6));
    store<u8>(out + 1, 0x80 | (codePoint & 0x3f));
    return 2;
  }
  if (codePoint < 0x10000) {
    store<u8>(out, 0xe0 | (codePoint >> 12));
    store<u8>(out + 1, 0x80 | ((codePoint >> 6) & 0x3f));
    store<u8>(out + 2, 0x80 | (codePoint & 0x3f));
    return 3;
  }
  store<u8>(out, 0xf0 | (codePoint >> 18));
  store<u8>(out + 1, 0x80 | ((codePoint >> 12) & 0x3f));
  store<u8>(out + 2, 0x80 | ((codePoint >> 6) & 0x3f));
  store<u8>(out + 3, 0x80 | (codePoint & 0x3f));
  return 4;
}
