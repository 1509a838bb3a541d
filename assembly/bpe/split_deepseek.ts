import { codePointsOf } from "../../build/vocab/carried";
import { charAt, CharClass } from "./char_class";
import { codePointAt, hasCodePoint } from "./code_points";
import { Encoding } from "./encoding";
import { numberEnd, undecided, whitespaceEnd } from "./split_parts";

/** What DeepSeek's patterns tell apart, one bit each, besides `CharClass`. */
const enum Kind {
  /** `[一-龥぀-ゟ゠-ヿ]`: Han, Hiragana, Katakana, of whatever class */
  Kana = 0x10000,
  /** In none of `\p{L}`, `\p{M}`, `\p{N}`, `\p{P}`, `\p{S}`, `\s`; `CharClass.Other` is the rest */
  Odd = 0x20000,
  /** On the other side of where the second pattern splits: in no class */
  Edge = 0x40000,
}

const letters: u32 = CharClass.Letter | CharClass.Mark;
const blanks: u32 = CharClass.Space | CharClass.Newline;

/**
 * Where the first piece of the text [start, end) ends under the three patterns of DeepSeek V3. They
 * are applied one after the other, each to every part that the one before has made, and what none
 * matches is a piece as well:
 *
 *   \p{N}{1,3}
 *   [一-龥぀-ゟ゠-ヿ]+
 *   [!-/:-~][A-Za-z]+                        (ASCII punctuation, then letters)
 *     | [^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+
 *     |  ?[\p{P}\p{S}]+[\r\n]*
 *     | \s*[\r\n]+|\s+(?!\S)|\s+
 *
 * So for the last one the text ends where a number begins, or where Han and Kana do or end.
 * `undecided` where text behind `end` could change the answer; never when the text is `final`. The
 * text must not be empty.
 */
export function deepseekPieceEnd(start: usize, end: usize, final: bool): usize {
  const first = kindAt(start, end);
  if ((first & CharClass.Number) != 0) return numberEnd(start, end, final);
  const side = first & Kind.Kana;
  const behind = start + bytesOf(first);
  if (behind == end && !final) return undecided;
  const second = kindOn(side, behind, end);
  if ((first & CharClass.Other) != 0) return punctuationEnd(side, start, behind, end, final);
  if ((first & letters) != 0 || ((first & CharClass.Newline) == 0 && (second & letters) != 0)) {
    return decided(runEnd(side, behind, end, letters), end, final);
  }
  if (load<u8>(start) == 0x20 && (second & CharClass.Other) != 0) {
    return punctuationRunEnd(side, behind, end, final);
  }
  return (first & Kind.Odd) != 0 ? oddEnd(side, behind, end, final) : blankEnd(start, end, final);
}

/** A piece that begins with punctuation or a symbol; `behind` is where that character ends. */
function punctuationEnd(side: u32, start: usize, behind: usize, end: usize, final: bool): usize {
  if (load<u8>(start) < 0x80) {
    let ptr = behind;
    while (ptr < end && isAsciiLetter(load<u8>(ptr))) ptr++;
    if (ptr > behind) return decided(ptr, end, final);
  }
  return punctuationRunEnd(side, start, end, final);
}

/** `[\p{P}\p{S}]+[\r\n]*` */
function punctuationRunEnd(side: u32, start: usize, end: usize, final: bool): usize {
  const run = runEnd(side, start, end, CharClass.Other);
  return decided(runEnd(side, run, end, CharClass.Newline), end, final);
}

/** A run of odd characters, but for the last one where that goes along with a word. */
function oddEnd(side: u32, behind: usize, end: usize, final: bool): usize {
  let last = behind;
  let ptr = behind;
  let char = kindOn(side, ptr, end);
  while ((char & Kind.Odd) != 0) {
    last = ptr;
    ptr += bytesOf(char);
    char = kindOn(side, ptr, end);
  }
  if (ptr == end && !final) return undecided;
  return (char & letters) != 0 ? last : ptr;
}

/** White space, of which there is none among Han and Kana. */
function blankEnd(start: usize, end: usize, final: bool): usize {
  const run = runEnd(0, start, end, blanks);
  const ends = (kindOn(0, run, end) & (CharClass.Number | Kind.Edge)) != 0;
  return ends ? whitespaceEnd(start, run, true) : whitespaceEnd(start, end, final);
}

function runEnd(side: u32, ptr: usize, end: usize, kinds: u32): usize {
  let char = kindOn(side, ptr, end);
  while ((char & kinds) != 0) {
    ptr += bytesOf(char);
    char = kindOn(side, ptr, end);
  }
  return ptr;
}

/** As `kindAt`; `Edge` for a character on the other side, 0 at the end. */
function kindOn(side: u32, ptr: usize, end: usize): u32 {
  const char = kindAt(ptr, end);
  return char == 0 || (char & Kind.Kana) == side ? char : Kind.Edge;
}

/** As `charAt`, with what `Kind` adds; the length of the character is `bytesOf` it. */
function kindAt(ptr: usize, end: usize): u32 {
  const char = charAt(ptr, end);
  if (ptr >= end || load<u8>(ptr) < 0x80) {
    const odd = (char & CharClass.Other) != 0 && !isAsciiPunctuation(load<u8>(ptr));
    return odd ? (char & 0x700) | Kind.Odd : char;
  }
  const codePoint = codePointAt(ptr);
  const kana = codePoint >= 0x3040 && codePoint <= 0x30ff;
  const side: u32 = kana || (codePoint >= 0x4e00 && codePoint <= 0x9fa5) ? Kind.Kana : 0;
  if ((char & CharClass.Other) == 0) return char | side;
  const known = hasCodePoint(codePointsOf(Encoding.DeepseekV3), codePoint);
  return (known ? char : (char & 0x700) | Kind.Odd) | side;
}

// @inline: a shift and a mask, once a character.
@inline
function bytesOf(char: u32): u32 {
  return (char >> 8) & 7;
}

function decided(ptr: usize, end: usize, final: bool): usize {
  return ptr == end && !final ? undecided : ptr;
}

function isAsciiLetter(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26;
}

function isAsciiPunctuation(byte: u32): bool {
  return byte > 0x20 && byte < 0x7f;
}
