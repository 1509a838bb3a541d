import { idsAt, tokenIds } from "./first_merges";
import { noRank, Vocabulary } from "./vocabulary";

/** The most tokens that are merged in registers. */
export const fewTokensMax: u32 = 8;

/**
 * A token stands at a position, its own number + 2; two positions before the first and two behind
 * the last stand for the edges of the text. u32 each:
 *
 *   afterNext  the token behind the next one
 *   previous   the token before
 *   keys       of the token and the next: the rank they merge at << 5 | position
 */
const positions: i32 = 16;
const afterNext: usize = memory.data(positions << 2, 16);
const previous: usize = memory.data(positions << 2, 16);
const keys: usize = memory.data(positions << 2, 16);
const firstPosition: u32 = 2;
const positionBits: u32 = 5;
const positionMask: u32 = 31;
/** Keys from here on are of tokens that do not merge. */
const noKey: u32 = noRank << positionBits;

/** The positions of each lane. */
const lanes: usize = memory.data<u32>([2, 3, 4, 5, 6, 7, 8, 9], 16);

/** What became of the tokens that were merged: a bit for each that a token still begins with. */
export let fewLeft: u32 = 0;

/**
 * Merges the first 1 to 8 tokens of `firstTokens` until no neighbours merge any more; answers how
 * many are left. The least key is known before the two that the last merge made are: those of the
 * others are compared while these are looked up, which takes longest.
 */
export function mergeFew(v: Vocabulary, tokens: u32): u32 {
  let least = begin(v, tokens);
  const lowLanes = v128.load(lanes);
  const highLanes = v128.load(lanes, 16);
  let low = v128.load(keys, 8);
  let high = v128.load(keys, 24);
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
    const notRight = i32x4.splat(~rightKey);
    const notLeft = i32x4.splat(~leftKey);
    const lowAt = i32x4.eq(lowLanes, ats);
    const lowLeft = i32x4.eq(lowLanes, lefts);
    const highAt = i32x4.eq(highLanes, ats);
    const highLeft = i32x4.eq(highLanes, lefts);
    low = v128.or(low, v128.or(i32x4.eq(lowLanes, nexts), v128.or(lowAt, lowLeft)));
    high = v128.or(high, v128.or(i32x4.eq(highLanes, nexts), v128.or(highAt, highLeft)));
    const others = leastOf(i32x4.min_u(low, high));
    low = v128.andnot(low, v128.or(v128.and(lowAt, notRight), v128.and(lowLeft, notLeft)));
    high = v128.andnot(high, v128.or(v128.and(highAt, notRight), v128.and(highLeft, notLeft)));
    least = min(others, min(rightKey, leftKey));
    tokens--;
  }
  fewLeft = alive >> firstPosition;
  return tokens;
}

/** Lays out the tokens; answers the least key. */
function begin(v: Vocabulary, tokens: u32): u32 {
  const none = i32x4.splat(-1);
  v128.store(keys, none, 8);
  v128.store(keys, none, 24);
  const edge = v.edge;
  store<u32>(previous, edge, 8);
  let id = load<u32>(tokenIds, idsAt);
  let least: u32 = 0xffffffff;
  for (let i: u32 = 1; i < tokens; i++) {
    const next = load<u32>(tokenIds + ((<usize>i) << 2), idsAt);
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

// @inline: once for every merge.
@inline
function leastOf(keys: v128): u32 {
  const pairs = i32x4.min_u(keys, v128.shuffle<i32>(keys, keys, 2, 3, 0, 1));
  const least = i32x4.min_u(pairs, v128.shuffle<i32>(pairs, pairs, 1, 0, 3, 2));
  return i32x4.extract_lane(least, 0);
}
