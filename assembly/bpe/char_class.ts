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
export function charAt(ptr: usize, end: usize): u32 {
  if (ptr >= end) return 0;
  const lead: u32 = load<u8>(ptr);
  if (lead < 0x80) return 0x100 | load<u8>(classOfBlock + lead);
  if (lead < 0xe0) return 0x200 | classOf(((lead & 0x1f) << 6) | tail(ptr + 1));
  const middle = tail(ptr + 1) << 6;
  if (lead < 0xf0) return 0x300 | classOf(((lead & 0x0f) << 12) | middle | tail(ptr + 2));
  const low = (tail(ptr + 2) << 6) | tail(ptr + 3);
  return 0x400 | classOf(((lead & 0x07) << 18) | (middle << 6) | low);
}

// @inline: one load and mask, three times a character.
@inline
function tail(ptr: usize): u32 {
  return load<u8>(ptr) & 0x3f;
}

// @inline: two loads, once a character.
@inline
function classOf(codePoint: u32): u32 {
  const block: usize = load<u8>(blockOfCodePoint + (codePoint >> 7));
  return load<u8>(classOfBlock + (block << 7) + (codePoint & 0x7f));
}
