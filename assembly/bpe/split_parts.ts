/**
 * The parts that the split patterns share. Each takes a text [start, end) that may go on behind
 * `end` unless it is `final`, and answers where its match ends: `start` for no match, `undecided`
 * where more text could change the answer. That is so exactly when `end` was looked at.
 */
import { charAt, CharClass } from "./char_class";

/** More text is needed. */
export const undecided: usize = 0;

/** Behind the characters from `ptr` on that are of one of these classes. */
export function runEnd(ptr: usize, end: usize, classes: u32): usize {
  let char = charAt(ptr, end);
  while ((char & classes) != 0) {
    ptr += char >> 8;
    char = charAt(ptr, end);
  }
  return ptr;
}

/** `\p{N}{1,3}` */
export function numberEnd(start: usize, end: usize, final: bool): usize {
  let ptr = start;
  for (let digits = 0; digits < 3; digits++) {
    if (ptr == end) return final ? ptr : undecided;
    const char = charAt(ptr, end);
    if ((char & CharClass.Number) == 0) break;
    ptr += char >> 8;
  }
  return ptr;
}

/** ` ?[^\s\p{L}\p{N}]+[\r\n]*`, with `slashes` ` ?[^\s\p{L}\p{N}]+[\r\n/]*` */
export function punctuationEnd(start: usize, end: usize, final: bool, slashes: bool): usize {
  const body = start < end && load<u8>(start) == 0x20 ? start + 1 : start;
  let ptr = runEnd(body, end, CharClass.Mark | CharClass.Other);
  const matched = ptr > body;
  while (matched && ptr < end) {
    const byte = load<u8>(ptr);
    if (byte != 0x0a && byte != 0x0d && (byte != 0x2f || !slashes)) break;
    ptr++;
  }
  if (ptr == end && !final) return undecided;
  return matched ? ptr : start;
}

/** `\s*[\r\n]+|\s+(?!\S)|\s+` */
export function whitespaceEnd(start: usize, end: usize, final: bool): usize {
  let ptr = start;
  let behindNewline = start;
  let last = start;
  let char = charAt(ptr, end);
  while ((char & (CharClass.Newline | CharClass.Space)) != 0) {
    last = ptr;
    ptr += char >> 8;
    if ((char & CharClass.Newline) != 0) behindNewline = ptr;
    char = charAt(ptr, end);
  }
  if (ptr == end && !final) return undecided;
  if (behindNewline > start) return behindNewline;
  // What follows the run takes the run's last character along, if another one remains.
  return ptr < end && last > start ? last : ptr;
}

/** `(?i:'s|'t|'re|'ve|'m|'ll|'d)` */
export function contractionEnd(start: usize, end: usize, final: bool): usize {
  if (start == end) return final ? start : undecided;
  if (load<u8>(start) != 0x27) return start;
  if (start + 1 == end) return final ? start : undecided;
  const first: u32 = load<u8>(start + 1) | 0x20;
  if (first == 0x73 || first == 0x74 || first == 0x6d || first == 0x64) return start + 2;
  // U+017F, the long s, is an s to a pattern that ignores case.
  if (start + 2 < end && load<u16>(start + 1) == 0xbfc5) return start + 3;
  if (first != 0x72 && first != 0x76 && first != 0x6c) return start;
  if (start + 2 == end) return final ? start : undecided;
  const second: u32 = load<u8>(start + 2) | 0x20;
  return second == (first == 0x6c ? 0x6c : 0x65) ? start + 3 : start;
}
