import { mergedTokens } from "./merge";
import { shortPieceBytesMax, shortTokens } from "./piece_cache";
import { Vocabulary } from "./vocabulary";

/** What a token may hold of two characters; tools/bake_cuts.ts has the set of all that do. */
const enum Crossing {
  Both,
  End,
  Begin,
  EndAndBegin,
  Hump,
}

/** Of a character's info: the tokens of it alone, 0 for unknown, and where to look closer. */
const tokensMask: u32 = 3;
const endBefore: u32 = 4;
const beginBehind: u32 = 8;

/** Of what `charAt` answers: the code point, and above it the bytes. */
const codePointMask: u32 = 0x1fffff;
const charBytesShift: u32 = 21;
const noChar: u32 = 0;

/**
 * The number of tokens of a piece that is long or not ASCII: cut where no token can cross, it is
 * mostly characters alone and short parts that were seen before. What a part misses in the cache
 * comes here again, and is then found to have no cuts. 32 bytes must be readable behind the piece.
 */
export function longTokens(v: Vocabulary, ptr: usize, bytes: u32): u32 {
  const end = ptr + bytes;
  const first = behindAscii(ptr, end);
  if (first == end) return asciiTokens(v, ptr, end);
  // What stands before has a part in the first decision.
  let at = max(first - 1, ptr);
  let char = charAt(at, end);
  let info = v.charInfo(char & codePointMask);
  let part = ptr;
  let alone = at == ptr;
  let tokens: u32 = 0;
  while (char != noChar) {
    at += char >> charBytesShift;
    if (at == end) return tokens + lastTokens(v, ptr, part, end, alone ? info & tokensMask : 0);
    const next = charAt(at, end);
    const nextInfo = v.charInfo(next & codePointMask);
    const cut = isCut(v, at, char, next, info, nextInfo);
    // Whether to cut cannot be foretold, so nothing but a part of several characters branches.
    const known = select<u32>(info & tokensMask, 0, alone);
    tokens += select<u32>(known, 0, cut);
    if (cut && known == 0) tokens += partTokens(v, part, at);
    part = select(at, part, cut);
    alone = cut;
    char = next;
    info = nextInfo;
  }
  return mergedTokens(v, ptr, bytes);
}

/** The tokens behind the last cut; a piece without one goes to be merged, and to no cache. */
function lastTokens(v: Vocabulary, ptr: usize, part: usize, end: usize, known: u32): u32 {
  if (known != 0) return known;
  return part == ptr ? mergedTokens(v, ptr, <u32>(end - ptr)) : partTokens(v, part, end);
}

/** Cuts a word of code between a lower-case letter and a capital, where that is not in a token. */
function asciiTokens(v: Vocabulary, ptr: usize, end: usize): u32 {
  let part = ptr;
  let tokens: u32 = 0;
  let lastLower: u32 = 0;
  for (let at = ptr; v.hasHumps != 0 && at < end; at += 16) {
    const text = v128.load(at);
    const lower = lettersFrom(text, 0x61);
    const humps = lettersFrom(text, 0x41) & ((lower << 1) | lastLower);
    lastLower = lower >> 15;
    for (let bits = humps; bits != 0; bits &= bits - 1) {
      const hump = at + <usize>ctz(bits);
      if (hump >= end || isInToken(v, ptr, hump, end)) continue;
      tokens += partTokens(v, part, hump);
      part = hump;
    }
  }
  return tokens + lastTokens(v, ptr, part, end, 0);
}

/** The bytes that are one of the 26 letters from `first` on, a bit each. */
// @inline: three operations, twice for 16 bytes.
@inline
function lettersFrom(text: v128, first: u8): u32 {
  return i8x16.bitmask(i8x16.lt_u(i8x16.sub(text, i8x16.splat(first)), i8x16.splat(26)));
}

/** Whether a token may hold the two letters around `hump`. */
function isInToken(v: Vocabulary, ptr: usize, hump: usize, end: usize): bool {
  const lower: u32 = load<u8>(hump - 1);
  const capital = (<u32>load<u8>(hump)) << 8;
  const before = hump - 2 >= ptr ? (<u32>load<u8>(hump - 2)) << 8 : 0;
  const behind = hump + 1 < end ? <u32>load<u8>(hump + 1) : 0;
  return (
    v.isMarked(Crossing.Hump, before | lower, capital | behind) ||
    v.isMarked(Crossing.Hump, lower, capital | behind) ||
    v.isMarked(Crossing.Hump, before | lower, capital) ||
    v.isMarked(Crossing.Hump, lower, capital)
  );
}

function partTokens(v: Vocabulary, ptr: usize, end: usize): u32 {
  const bytes = <u32>(end - ptr);
  return bytes <= shortPieceBytesMax ? shortTokens(v, ptr, bytes) : mergedTokens(v, ptr, bytes);
}

/** The first byte that is not ASCII, or `end`. */
function behindAscii(ptr: usize, end: usize): usize {
  for (let at = ptr; at < end; at += 16) {
    const others = i8x16.bitmask(v128.load(at));
    if (others != 0) return min(at + <usize>ctz(others), end);
  }
  return end;
}

/** The character at `ptr`: code point, and above it its bytes; `noChar` if none is well-formed. */
// @inline: once a character, and most are of three bytes.
@inline
function charAt(ptr: usize, end: usize): u32 {
  const text = load<u32>(ptr);
  if ((text & 0xc0c0f0) != 0x8080e0) return shortOrLongCharAt(text, ptr, end);
  const char = ((text & 0xf) << 12) | ((text >> 2) & 0xfc0) | ((text >> 16) & 0x3f);
  return char < 0x800 || ptr + 3 > end ? noChar : char | (3 << charBytesShift);
}

function shortOrLongCharAt(text: u32, ptr: usize, end: usize): u32 {
  const lead = text & 0xff;
  if (lead < 0x80) return lead | (1 << charBytesShift);
  if ((text & 0xc0e0) == 0x80c0) {
    const char = ((text & 0x1f) << 6) | ((text >> 8) & 0x3f);
    return char < 0x80 || ptr + 2 > end ? noChar : char | (2 << charBytesShift);
  }
  if ((text & 0xc0c0c0f8) != 0x808080f0) return noChar;
  const upper = ((text & 7) << 18) | ((text << 4) & 0x3f000);
  const char = upper | ((text >> 10) & 0xfc0) | ((text >> 24) & 0x3f);
  const isOne = char >= 0x10000 && char <= 0x10ffff && ptr + 4 <= end;
  return isOne ? char | (4 << charBytesShift) : noChar;
}

/** Whether no token crosses from one character to the next, which begins at `at`. */
// @inline: once a character.
@inline
function isCut(v: Vocabulary, at: usize, char: u32, next: u32, info: u32, nextInfo: u32): bool {
  const first = char & codePointMask;
  const second = next & codePointMask;
  const crossed = v.isMarked(Crossing.Both, first, second) || (first | second) < 0x80;
  if (crossed || ((info & beginBehind) | (nextInfo & endBefore)) == 0) return !crossed;
  return !crossesPartly(v, at, first, next);
}

/** Whether a token holds but the end of the first character, or but the begin of the next. */
function crossesPartly(v: Vocabulary, at: usize, first: u32, next: u32): bool {
  const lastByte: u32 = load<u8>(at - 1);
  const second = next & codePointMask;
  if (v.isMarked(Crossing.End, lastByte, second)) return true;
  const bytes = next >> charBytesShift;
  for (let has: u32 = 1; has < bytes; has++) {
    const begin = (second >> (6 * (bytes - has))) | ((bytes * 4 + has) << 15);
    if (v.isMarked(Crossing.Begin, first, begin)) return true;
    if (v.isMarked(Crossing.EndAndBegin, lastByte, begin)) return true;
  }
  return false;
}
