import { blockOfCodePoint, classOfBlock } from "../../build/vocab/char_classes";

/** What the split patterns tell apart, one bit each; tools/bake_classes.ts sets them. */
export const enum CharClass {
  /** `\p{Lu}`, `\p{Lt}` */
  Upper = 0x01,
  /** `\p{Ll}` */
  Lower = 0x02,
  /** `\p{Lm}`, `\p{Lo}` */
  Caseless = 0x04,
  /** `\p{L}` */
  Letter = 0x07,
  /** `\p{M}` */
  Mark = 0x08,
  /** `\p{N}` */
  Number = 0x10,
  /** CR and LF, which are white space too */
  Newline = 0x20,
  /** `\s` but for CR and LF */
  Space = 0x40,
  /** everything else, unassigned code points among it */
  Other = 0x80,
}

/**
 * The character at `ptr`: its class in the low 8 bits, above them its length in bytes; 0 at `end`.
 * The text must be well-formed UTF-8 and end between characters.
 */
// @inline: the step of every splitter, a few loads for all but the rarest characters.
@inline
export function charAt(ptr: usize, end: usize): u32 {
  if (ptr >= end) return 0;
  const lead: u32 = load<u8>(ptr);
  if (lead < 0x80) return 0x100 | load<u8>(classOfBlock + lead);
  const second = tail(ptr + 1);
  if (lead < 0xe0) return 0x200 | classIn((lead & 0x1f) >> 1, ((lead & 1) << 6) | second);
  if (lead >= 0xf0) return fourByteChar(ptr, lead, second);
  const block = ((lead & 0x0f) << 5) | (second >> 1);
  return 0x300 | classIn(block, ((second & 1) << 6) | tail(ptr + 2));
}

function fourByteChar(ptr: usize, lead: u32, second: u32): u32 {
  const block = ((lead & 0x07) << 11) | (second << 5) | (tail(ptr + 2) >> 1);
  return 0x400 | classIn(block, ((tail(ptr + 2) & 1) << 6) | tail(ptr + 3));
}

// @inline: one load and mask, up to three times a character.
@inline
function tail(ptr: usize): u32 {
  return load<u8>(ptr) & 0x3f;
}

/** The class of a code point, in blocks of 128. */
// @inline: two loads, once a character.
@inline
function classIn(block: u32, place: u32): u32 {
  const at: usize = load<u8>(blockOfCodePoint + block);
  return load<u8>(classOfBlock + (at << 7) + place);
}
