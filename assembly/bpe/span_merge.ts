import { mergeWindowBytes } from "../bounds";
import { noRank, Vocabulary } from "./vocabulary";

/**
 * Scratch of the merge, one entry a byte of the span; a token lives at its first byte.
 *
 *   keys  u64[2n]  a tree: entry 1 is the least key of all, entry i the lesser of entries 2i and
 *                  2i+1; the leaf of position p is entry leaves+p. A key is the id that the token
 *                  and its right neighbour merge into, then the position: least rank, leftmost.
 *   ids, next, previous  u32[n] each
 */
const bytesPerPosition: u32 = 28;
const ownPositions: u32 = 2 * mergeWindowBytes;
const ownScratch: usize = memory.data(ownPositions * bytesPerPosition, 16);
const noKey: u64 = 0xffffffffffffffff;

let keys: usize = 0;
let ids: usize = 0;
let next: usize = 0;
let previous: usize = 0;
let leaves: u32 = 0;

/**
 * The number of tokens of a piece of any length, merged in windows that begin at `windowBytes`, a
 * power of two. From each window the tokens well before its end are kept, and the next begins
 * behind them. Tokens are the encoding of their text exactly if every two neighbours are the
 * encoding of theirs; inside a window they are, so what is left to check is the two tokens at each
 * seam. Where they are not, the piece is done again in windows twice as long.
 */
export function tokensInSpans(v: Vocabulary, ptr: usize, bytes: u32, windowBytes: u32): u32 {
  let tokens: u32 = 0;
  while (tokens == 0) {
    const positions = min(windowBytes, bytes) << 1;
    const own = positions <= ownPositions;
    const scratch = own ? ownScratch : heap.alloc(positions * bytesPerPosition);
    layOut(scratch, positions);
    tokens = tokensInWindows(v, ptr, bytes, windowBytes);
    if (!own) heap.free(scratch);
    windowBytes *= 2;
  }
  return tokens;
}

/** Merges a span of up to `mergeWindowBytes`; answers the number of its tokens, see `tokenEnd`. */
export function mergeSpan(v: Vocabulary, ptr: usize, bytes: u32): u32 {
  layOut(ownScratch, ownPositions);
  return merge(v, ptr, bytes);
}

/** Where the token ends that begins at this position of the span merged last. */
export function tokenEnd(position: u32): u32 {
  return nextOf(position);
}

/** Whether the tokens [start, seam) and [seam, end) are the encoding of the two of them. */
export function seamHolds(v: Vocabulary, ptr: usize, start: u32, seam: u32, end: u32): bool {
  layOut(ownScratch, ownPositions);
  return holds(v, ptr, start, seam, end);
}

function layOut(scratch: usize, positions: u32): void {
  keys = scratch;
  ids = keys + ((<usize>positions) << 4);
  next = ids + ((<usize>positions) << 2);
  previous = next + ((<usize>positions) << 2);
}

/** 0 where a seam did not hold. */
function tokensInWindows(v: Vocabulary, ptr: usize, bytes: u32, windowBytes: u32): u32 {
  let tokens: u32 = 0;
  let at: u32 = 0;
  let window = 0;
  while (true) {
    const span = min(windowBytes, bytes - at);
    // A window with the text of the one before is not merged again: repetition costs little.
    const same = at > 0 && span == windowBytes && isSame(ptr + at, ptr + at - keptEnd, span);
    const lastStart = at - keptEnd + keptLastStart;
    if (!same) mergeWindow(v, ptr + at, span, windowBytes >> 2);
    window = same ? window + 1 : 0;
    // The seam between two like windows is as good as the one before it.
    if (at > 0 && window < 2 && !holds(v, ptr, lastStart, at, at + firstEnd)) return 0;
    if (at + span == bytes) return tokens + allTokens;
    tokens += keptTokens;
    at += keptEnd;
  }
}

/** Of the window merged last: its tokens, those kept, where these end and the last of them begins,
 * and where the first token ends. Offsets are from its begin. */
let allTokens: u32 = 0;
let keptTokens: u32 = 0;
let keptEnd: u32 = 0;
let keptLastStart: u32 = 0;
let firstEnd: u32 = 0;

/** Keeps the tokens that end `margin` bytes before the end of the span, and at any rate one. */
function mergeWindow(v: Vocabulary, ptr: usize, span: u32, margin: u32): void {
  allTokens = merge(v, ptr, span);
  firstEnd = nextOf(0);
  keptLastStart = 0;
  keptEnd = firstEnd;
  keptTokens = 1;
  while (keptEnd < span && nextOf(keptEnd) + margin <= span) {
    keptLastStart = keptEnd;
    keptEnd = nextOf(keptEnd);
    keptTokens++;
  }
}

function isSame(a: usize, b: usize, bytes: u32): bool {
  for (let i: u32 = 0; i < bytes; i += 16) {
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
  }
  return true;
}

function holds(v: Vocabulary, ptr: usize, start: u32, seam: u32, end: u32): bool {
  return merge(v, ptr + start, end - start) == 2 && nextOf(0) == seam - start;
}

/** Merges a span until no neighbours merge any more; leaves the tokens in the scratch. */
function merge(v: Vocabulary, ptr: usize, bytes: u32): u32 {
  begin(v, ptr, bytes);
  let tokens = bytes;
  while (true) {
    const least = load<u64>(keys + 8);
    if (least == noKey) return tokens;
    const at = <u32>least;
    const eaten = nextOf(at);
    const right = nextOf(eaten);
    store<u32>(ids + ((<usize>at) << 2), <u32>(least >> 32));
    store<u32>(next + ((<usize>at) << 2), right);
    setKey(eaten, noKey);
    setKey(at, keyOf(v, at, right, bytes));
    if (right < bytes) store<u32>(previous + ((<usize>right) << 2), at);
    if (at > 0) {
      const left = load<u32>(previous + ((<usize>at) << 2));
      setKey(left, keyOf(v, left, at, bytes));
    }
    tokens--;
  }
}

/** Every byte a token of its own. */
function begin(v: Vocabulary, ptr: usize, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i++) {
    store<u32>(ids + ((<usize>i) << 2), load<u32>(v.byteIds + ((<usize>load<u8>(ptr + i)) << 2)));
    store<u32>(next + ((<usize>i) << 2), i + 1);
    store<u32>(previous + ((<usize>i) << 2), i - 1);
  }
  leaves = 1;
  while (leaves < bytes) leaves <<= 1;
  for (let i: u32 = 0; i < leaves; i++) {
    const key = i + 1 < bytes ? keyOf(v, i, i + 1, bytes) : noKey;
    store<u64>(keys + ((<usize>(leaves + i)) << 3), key);
  }
  for (let i = leaves - 1; i > 0; i--) raise(i);
}

function keyOf(v: Vocabulary, left: u32, right: u32, bytes: u32): u64 {
  if (right >= bytes) return noKey;
  const leftId = load<u32>(ids + ((<usize>left) << 2));
  const id = v.mergedRank(leftId, load<u32>(ids + ((<usize>right) << 2)));
  return id == noRank ? noKey : ((<u64>id) << 32) | left;
}

/** Changes one leaf and the entries above it, up to the first that stays as it was. */
function setKey(position: u32, key: u64): void {
  let entry = leaves + position;
  if (load<u64>(keys + ((<usize>entry) << 3)) == key) return;
  store<u64>(keys + ((<usize>entry) << 3), key);
  entry >>= 1;
  while (entry > 0 && raise(entry)) entry >>= 1;
}

/** Sets an inner entry from the two below it; false if that changed nothing. */
function raise(entry: u32): bool {
  const place = keys + ((<usize>entry) << 3);
  const below = keys + ((<usize>entry) << 4);
  const least = min(load<u64>(below), load<u64>(below + 8));
  if (load<u64>(place) == least) return false;
  store<u64>(place, least);
  return true;
}

// @inline: one load.
@inline
function nextOf(position: u32): u32 {
  return load<u32>(next + ((<usize>position) << 2));
}
