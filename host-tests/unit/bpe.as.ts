import { countText, countTextTill, TextCounter } from "../../assembly/bpe/counter";
import { longTokens } from "../../assembly/bpe/cross_cut";
import { Encoding, encodingByName, knownEncoding } from "../../assembly/bpe/encoding";
import { mergedTokens } from "../../assembly/bpe/merge";
import { Vocabulary, vocabularyOf } from "../../assembly/bpe/vocabulary";

/** What the engine may read behind a text and must not heed. */
const padBytes: u32 = 32;
/**
 * What lies there: bytes that would go on with a word, a number, white space, a contraction, a
 * newline run or a character, were they of the text.
 */
const poison: usize = memory.data<u8>([
  0x61, 0x31, 0x20, 0x0a, 0x2f, 0x27, 0x80, 0xbf, 0x41, 0xe2, 0xff, 0x00,
]);
const poisons: u32 = 12;

/** Where chunks are laid one after the other, apart from the text they are cut from. */
let apart: usize = 0;
let apartBytes: u32 = 0;

export function alloc(bytes: u32): usize {
  return heap.alloc(bytes);
}

export function free(ptr: usize): void {
  heap.free(ptr);
}

export function encodingKnown(ptr: usize, bytes: u32): i32 {
  return knownEncoding(ptr, bytes);
}

export function encodingNamed(ptr: usize, bytes: u32): i32 {
  return encodingByName(ptr, bytes);
}

export function counterBytes(): u32 {
  return offsetof<TextCounter>();
}

export function newCounter(encoding: Encoding): TextCounter {
  const counter = changetype<TextCounter>(heap.alloc(offsetof<TextCounter>()));
  counter.start(encoding);
  return counter;
}

export function feed(counter: TextCounter, ptr: usize, bytes: u32): void {
  counter.feed(ptr, bytes);
}

export function finish(counter: TextCounter): u64 {
  return counter.finish();
}

export function decided(counter: TextCounter): u64 {
  return counter.tokens;
}

export function isExact(counter: TextCounter): bool {
  return counter.exact;
}

export function dispose(counter: TextCounter): void {
  counter.dispose();
}

/** Count of one text fed as one chunk, or 2^64 - 1 if it was not exact. */
export function count(encoding: Encoding, ptr: usize, bytes: u32): u64 {
  const counter = newCounter(encoding);
  counter.feed(ptr, bytes);
  const tokens = counter.finish();
  const exact = counter.exact;
  heap.free(changetype<usize>(counter));
  return exact ? tokens : u64.MAX_VALUE;
}

export function countWhole(encoding: Encoding, ptr: usize, bytes: u32): u64 {
  return countText(encoding, ptr, bytes);
}

export function countTill(encoding: Encoding, ptr: usize, bytes: u32, tokensMax: u64): u64 {
  return countTextTill(encoding, ptr, bytes, tokensMax);
}

/** Count of one text fed in chunks of `chunkBytes`. */
export function countInChunks(encoding: Encoding, ptr: usize, bytes: u32, chunkBytes: u32): u64 {
  const counter = newCounter(encoding);
  for (let at: u32 = 0; at < bytes; at += chunkBytes) {
    feedApart(counter, ptr + at, min(chunkBytes, bytes - at));
  }
  return finishAndFree(counter);
}

/** Count of one text cut at these offsets, which ascend. */
export function countCut(
  encoding: Encoding,
  ptr: usize,
  bytes: u32,
  cutsPtr: usize,
  cuts: u32,
): u64 {
  const counter = newCounter(encoding);
  let at: u32 = 0;
  for (let i: u32 = 0; i <= cuts; i++) {
    const end = i < cuts ? load<u32>(cutsPtr + ((<usize>i) << 2)) : bytes;
    feedApart(counter, ptr + at, end - at);
    at = end;
  }
  return finishAndFree(counter);
}

/**
 * The first cut in two, at `from` or behind it, whose count is not the expected one; `bytes + 1` if
 * all are right.
 */
export function firstWrongCut(
  encoding: Encoding,
  ptr: usize,
  bytes: u32,
  from: u32,
  expected: u64,
): u32 {
  for (let cut = from; cut <= bytes; cut++) {
    const counter = newCounter(encoding);
    feedApart(counter, ptr, cut);
    feedApart(counter, ptr + cut, bytes - cut);
    if (finishAndFree(counter) != expected) return cut;
  }
  return bytes + 1;
}

/** Tokens of one piece; in spans that begin at `spanBytes` unless that is 0. */
export function piece(encoding: Encoding, ptr: usize, bytes: u32, spanBytes: u32): u32 {
  const vocabulary = vocabularyOf(encoding);
  if (vocabulary === null) return 0;
  return mergedTokens(changetype<Vocabulary>(vocabulary), ptr, bytes, spanBytes);
}

/** Tokens of one piece, by the way that long ones and those that are not ASCII go. */
export function longPiece(encoding: Encoding, ptr: usize, bytes: u32): u32 {
  const vocabulary = vocabularyOf(encoding);
  return vocabulary !== null ? longTokens(changetype<Vocabulary>(vocabulary), ptr, bytes) : 0;
}

/** Overwrites what lies behind a text and may be read. */
export function poisonBehind(ptr: usize, bytes: u32, kind: u32): void {
  memory.fill(ptr + bytes, load<u8>(poison + (kind % poisons)), padBytes);
}

function finishAndFree(counter: TextCounter): u64 {
  const tokens = counter.finish();
  heap.free(changetype<usize>(counter));
  return tokens;
}

/**
 * Feeds a copy that has another alignment and other bytes behind it, and is overwritten after the
 * call: what a counter needs later it must have kept.
 */
function feedApart(counter: TextCounter, ptr: usize, bytes: u32): void {
  if (bytes + 2 * padBytes > apartBytes) {
    if (apart != 0) heap.free(apart);
    apartBytes = (bytes + 2 * padBytes) << 1;
    apart = heap.alloc(apartBytes);
  }
  const kind = bytes + <u32>ptr;
  const chunk = apart + (kind & (padBytes - 1));
  memory.copy(chunk, ptr, bytes);
  poisonBehind(chunk, bytes, kind);
  counter.feed(chunk, bytes);
  memory.fill(chunk, load<u8>(poison + (kind % poisons)), bytes);
}
