import { ids } from "./merge_scratch";
import { noRank, Vocabulary } from "./vocabulary";

/** The most tokens that are merged in registers. */
export const fewTokensMax: u32 = 16;

/**
 * A token stands at a position, its own number + 2; two positions before the first and two behind
 * the last stand for the edges of the text. u32 each:
 *
 *   afterNext  the token behind the next one
 *   previous   the token before
 *   keys       of the token and the next: the rank they merge at << 5 | position
 */
const positions: i32 = 24;
const afterNext: usize = memory.data(positions << 2, 16);
const previous: usize = memory.data(positions << 2, 16);
const keys: usize = memory.data(positions << 2, 16);
/** The position of the first token is the first of a vector. */
const keysAt: usize = 8;
const firstPosition: u32 = 2;
const positionBits: u32 = 5;
const positionMask: u32 = 31;
/** Keys from here on are of tokens that do not merge. */
const noKey: u32 = noRank << positionBits;

/** The positions of each lane. */
const lanes: usize = memory.data<u32>([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17], 16);

/** What became of the tokens that were merged: a bit for each that a token still begins with. */
export let fewLeft: u32 = 0;

/**
 * Merges the first 1 to 16 tokens of `firstTokens` until no neighbours merge any more; answers how
 * many are left. The least key is known before the two that the last merge made are: those of the
 * others are compared while these are looked up, which takes longest.
 */
export function mergeFew(v: Vocabulary, tokens: u32): u32 {
  let least = begin(v, tokens);
  let keys0 = v128.load(keys, keysAt);
  let keys1 = v128.load(keys, keysAt + 16);
  let keys2 = v128.load(keys, keysAt + 32);
  let keys3 = v128.load(keys, keysAt + 48);
  let alive: u32 = (16 << tokens) - 1;
  while (least < noKey) {
    const at = least & positionMask;
    const id = least >> positionBits;
    const right = load<u32>(afterNext + ((<usize>at) << 2));
    const left = load<u32>(previous + ((<usize>at) << 2));
    const before = alive & ((1 << at) - 1);
    const leftAt = 31 - clz(before);
    const leftLeftAt = 31 - clz(before ^ (1 << leftAt));
    const behind = alive & ((<u32>-2) << at);
    const behindNext = behind & (behind - 1);
    const nextAt = ctz(behind);
    alive ^= behind ^ behindNext;
    const rightKey = (v.mergedRank(id, right) << positionBits) | at;
    const leftKey = (v.mergedRank(left, id) << positionBits) | leftAt;
    store<u32>(afterNext + ((<usize>leftLeftAt) << 2), id);
    store<u32>(afterNext + ((<usize>leftAt) << 2), right);
    store<u32>(afterNext + ((<usize>at) << 2), load<u32>(afterNext + ((<usize>nextAt) << 2)));
    store<u32>(previous + ((<usize>ctz(behindNext)) << 2), id);
    const ats = i32x4.splat(at);
    const nexts = i32x4.splat(nextAt);
    const lefts = i32x4.splat(leftAt);
    keys0 = without(keys0, 0, ats, nexts, lefts);
    keys1 = without(keys1, 16, ats, nexts, lefts);
    keys2 = without(keys2, 32, ats, nexts, lefts);
    keys3 = without(keys3, 48, ats, nexts, lefts);
    const others = leastOf(keys0, keys1, keys2, keys3);
    const notRight = i32x4.splat(~rightKey);
    const notLeft = i32x4.splat(~leftKey);
    keys0 = withKeys(keys0, 0, ats, notRight, lefts, notLeft);
    keys1 = withKeys(keys1, 16, ats, notRight, lefts, notLeft);
    keys2 = withKeys(keys2, 32, ats, notRight, lefts, notLeft);
    keys3 = withKeys(keys3, 48, ats, notRight, lefts, notLeft);
    least = min(others, min(rightKey, leftKey));
    tokens--;
  }
  fewLeft = alive >> firstPosition;
  return tokens;
}

/** Lays out the tokens; answers the least key. */
function begin(v: Vocabulary, tokens: u32): u32 {
  const none = i32x4.splat(-1);
  for (let i: usize = 0; i < 64; i += 16) v128.store(keys + i, none, keysAt);
  const edge = v.edge;
  store<u32>(previous, edge, 8);
  let id = load<u32>(ids, 4);
  let least: u32 = 0xffffffff;
  for (let i: u32 = 1; i < tokens; i++) {
    const next = load<u32>(ids + ((<usize>i) << 2), 4);
    const key = (v.mergedRank(id, next) << positionBits) | (i + 1);
    store<u32>(keys + ((<usize>i) << 2), key, 4);
    store<u32>(afterNext + ((<usize>i) << 2), next);
    store<u32>(previous + ((<usize>i) << 2), id, 8);
    least = min(least, key);
    id = next;
  }
  store<u32>(afterNext + ((<usize>tokens) << 2), edge);
  store<u32>(afterNext + ((<usize>tokens) << 2), edge, 4);
  return least;
}

/** The keys but for those at three positions. */
// @inline: for four vectors once for every merge, as the next two.
@inline
function without(some: v128, lane: usize, a: v128, b: v128, c: v128): v128 {
  const here = v128.load(lanes + lane);
  return v128.or(some, v128.or(i32x4.eq(here, b), v128.or(i32x4.eq(here, a), i32x4.eq(here, c))));
}

/** The keys with two more where there were none, given as their complements. */
@inline
function withKeys(some: v128, lane: usize, a: v128, notA: v128, b: v128, notB: v128): v128 {
  const here = v128.load(lanes + lane);
  const atA = v128.and(i32x4.eq(here, a), notA);
  return v128.andnot(some, v128.or(atA, v128.and(i32x4.eq(here, b), notB)));
}


@inline
function leastOf(a: v128, b: v128, c: v128, d: v128): u32 {
  const fours = i32x4.min_u(i32x4.min_u(a, b), i32x4.min_u(c, d));
  const twos = i32x4.min_u(fours, v128.shuffle<i32>(fours, fours, 2, 3, 0, 1));
  const least = i32x4.min_u(twos, v128.shuffle<i32>(twos, twos, 1, 0, 3, 2));
  return i32x4.extract_lane(least, 0);
}
