import { vocabulariesMax } from "../bounds";
import { longTokens } from "./cross_cut";
import { Vocabulary } from "./vocabulary";

/** The longest piece that is looked up. */
export const shortPieceBytesMax: u32 = 15;

/**
 * Counts of pieces seen before. A slot holds the whole piece, so an answer is exact, and where two
 * pieces want one place it costs no more than counting once again. Two slots make a set; the newer
 * is first.
 *
 *   bytes 0..14  the piece, zeros behind it
 *   byte 15      its length in the low 4 bits, its tokens in the high 4
 */
/** Not a power of two: what the goal for the memory of a worker leaves. */
const sets: u64 = 22_528;
const setBytesLog2: usize = 5;
const shortBytes: usize = (<usize>sets) << setBytesLog2;

/**
 * Longer pieces, of code above all, have a slot each, where they fit:
 *
 *   bytes 0..30  the piece, zeros behind it
 *   byte 31      its length less 15 in the low 5 bits, its tokens in the high 3
 */
export const middlePieceBytesMax: u32 = 31;
const middleSlotBits: u64 = 13;
const middleSlotBytesLog2: usize = 5;
const middleTokensMax: u32 = 7;
const middleBytes: usize = (<usize>1) << (<usize>middleSlotBits + middleSlotBytesLog2);

/** Runs of one ASCII byte: their tokens by byte, 128 of them, and by length; 0 for unknown. */
export const byteRunBytesMax: u32 = 255;
const byteRunsBytes: usize = 128 << 8;
const cacheBytes: usize = shortBytes + middleBytes + byteRunsBytes;

/** Each vocabulary in use and its cache, in pairs; made when a text is first counted with it. */
const made: usize = memory.data((<i32>vocabulariesMax) << 3, 4);

/** For each length the mask of its low 8 bytes, then that of the rest. */
const masks: usize = memory.data<u64>([
  0, 0, 0xff, 0, 0xffff, 0, 0xffffff, 0, 0xffffffff, 0, 0xffffffffff, 0, 0xffffffffffff, 0,
  0xffffffffffffff, 0, 0xffffffffffffffff, 0, 0xffffffffffffffff, 0xff, 0xffffffffffffffff, 0xffff,
  0xffffffffffffffff, 0xffffff, 0xffffffffffffffff, 0xffffffff, 0xffffffffffffffff, 0xffffffffff,
  0xffffffffffffffff, 0xffffffffffff, 0xffffffffffffffff, 0xffffffffffffff,
]);

let current: usize = 0;
let currentCache: usize = 0;

/** Where the pieces of a vocabulary are kept. */
export function cacheOf(v: Vocabulary): usize {
  if (changetype<usize>(v) != current) switchTo(changetype<usize>(v));
  return currentCache;
}

function switchTo(v: usize): void {
  let entry = made;
  // Every vocabulary that a module can carry has its place here, so this ends.
  while (load<usize>(entry) != v && load<usize>(entry) != 0) entry += 8;
  if (load<usize>(entry) == 0) {
    const cache = (heap.alloc(cacheBytes + 32) + 31) & ~31;
    memory.fill(cache, 0, cacheBytes);
    store<usize>(entry, v);
    store<usize>(entry, cache, 4);
  }
  current = v;
  currentCache = load<usize>(entry, 4);
}

/**
 * The tokens of a piece of 1 to `shortPieceBytesMax` bytes, or of a part of one that no token
 * crosses. 16 bytes must be readable at `ptr`.
 */
export function shortTokens(v: Vocabulary, ptr: usize, bytes: u32): u32 {
  return cachedTokens(cacheOf(v), v, ptr, bytes);
}

// @inline: the loop over pieces is little else.
@inline
export function cachedTokens(cache: usize, v: Vocabulary, ptr: usize, bytes: u32): u32 {
  const mask = masks + ((<usize>bytes) << 4);
  const low = load<u64>(ptr) & load<u64>(mask);
  const high = (load<u64>(ptr, 8) & load<u64>(mask, 8)) | ((<u64>bytes) << 56);
  const hash = (low ^ (high * 0x9e3779b97f4a7c15)) * 0xd6e8feb86659fd93;
  const set = cache + ((<usize>(((hash >> 32) * sets) >> 32)) << setBytesLog2);
  const first = load<u64>(set, 8);
  const second = load<u64>(set, 24);
  // Both are compared at any rate: which one it is cannot be foretold, whether it is one can.
  const isFirst = ((load<u64>(set) ^ low) | ((first ^ high) << 4)) == 0;
  const isSecond = ((load<u64>(set, 16) ^ low) | ((second ^ high) << 4)) == 0;
  if (!(isFirst | isSecond)) return missed(set, v, ptr, bytes, low, high);
  return <u32>(select(first, second, isFirst) >> 60);
}

function missed(set: usize, v: Vocabulary, ptr: usize, bytes: u32, low: u64, high: u64): u32 {
  const tokens = longTokens(v, ptr, bytes);
  v128.store(set, v128.load(set), 16);
  store<u64>(set, low);
  store<u64>(set, high | ((<u64>tokens) << 60), 8);
  return tokens;
}

/** The tokens of a piece of 16 to `middlePieceBytesMax` bytes. 32 must be readable at `ptr`. */
export function middleTokens(v: Vocabulary, ptr: usize, bytes: u32): u32 {
  const mask = masks + ((<usize>(bytes - 16)) << 4);
  const a = load<u64>(ptr);
  const b = load<u64>(ptr, 8);
  const c = load<u64>(ptr, 16) & load<u64>(mask);
  const d = (load<u64>(ptr, 24) & load<u64>(mask, 8)) | ((<u64>(bytes - 15)) << 56);
  const front = (a ^ (b * 0x9e3779b97f4a7c15)) * 0xd6e8feb86659fd93;
  const hash = (front ^ c ^ (d * 0xe7037ed1a0b428db)) * 0x9e3779b97f4a7c15;
  const slot =
    cacheOf(v) + shortBytes + ((<usize>(hash >> (64 - middleSlotBits))) << middleSlotBytesLog2);
  const last = load<u64>(slot, 24);
  const differing = (load<u64>(slot) ^ a) | (load<u64>(slot, 8) ^ b) | (load<u64>(slot, 16) ^ c);
  if ((differing | ((last ^ d) << 3)) == 0) return <u32>(last >> 61);
  const tokens = longTokens(v, ptr, bytes);
  if (tokens <= middleTokensMax) {
    store<u64>(slot, a);
    store<u64>(slot, b, 8);
    store<u64>(slot, c, 16);
    store<u64>(slot, d | ((<u64>tokens) << 61), 24);
  }
  return tokens;
}

/** The tokens of a run of one ASCII byte, of 1 to `byteRunBytesMax` bytes. */
export function byteRunTokens(v: Vocabulary, ptr: usize, bytes: u32): u32 {
  const place: usize = ((<usize>load<u8>(ptr)) << 8) | bytes;
  const slot = cacheOf(v) + shortBytes + middleBytes + place;
  let tokens: u32 = load<u8>(slot);
  if (tokens == 0) {
    tokens = longTokens(v, ptr, bytes);
    store<u8>(slot, tokens);
  }
  return tokens;
}
