import { mergeTokensMax } from "../bounds";
import { idsAt, tokenIds } from "./first_merges";
import { noRankClass, Vocabulary } from "./vocabulary";

/**
 * A token stands at its own number. `ranks`, u32: what it and the next one merge at. `classes`, u8:
 * the class of that rank. `members`: of each class of ranks a bit for each position; bits of
 * positions that were merged away stay until the class is looked at.
 */
const ranks: usize = memory.data(((<i32>mergeTokensMax) << 2) + 16, 16);
const classes: usize = memory.data(<i32>mergeTokensMax + 16, 16);
const members: usize = memory.data(((<i32>noRankClass) << 3) + 8, 16);
/** Stands for the position before the first. */
const nowhere: u32 = mergeTokensMax;

/** Classes that have members. */
let filled: u64 = 0;
/** What became of the tokens that were merged: a bit for each that a token still begins with. */
export let manyLeft: u64 = 0;

/**
 * Merges the first tokens of `firstTokens`, up to 64, until no neighbours merge any more; answers
 * how many are left. Each merge takes the same time, however many tokens there are, for the least
 * rank is in the lowest class that has members, and those are few.
 */
export function mergeMany(v: Vocabulary, tokens: u32): u32 {
  begin(v, tokens);
  let alive = (<u64>-1) >> (64 - tokens);
  const end = tokens;
  while (true) {
    const lowest = <u32>ctz(filled);
    if (lowest >= noRankClass) break;
    const set = members + ((<usize>lowest) << 3);
    const positions = load<u64>(set) & alive;
    if (positions == 0) {
      store<u64>(set, 0);
      filled &= filled - 1;
      continue;
    }
    const at = leastAmong(positions);
    const id = load<u32>(ranks + ((<usize>at) << 2));
    store<u64>(set, positions ^ ((<u64>1) << at));
    const before = alive & (((<u64>1) << at) - 1);
    const leftAt = select<u32>(63 - <u32>clz(before), nowhere, before != 0);
    const behind = alive & ((<u64>-2) << at);
    const behindNext = behind & (behind - 1);
    const rightAt = select<u32>(<u32>ctz(behindNext), end, behindNext != 0);
    const right = load<u32>(tokenIds + ((<usize>rightAt) << 2), idsAt);
    const left = load<u32>(tokenIds + ((<usize>leftAt) << 2), idsAt);
    alive ^= behind ^ behindNext;
    store<u32>(tokenIds + ((<usize>at) << 2), id, idsAt);
    const leftBit = select<u64>((<u64>1) << leftAt, 0, before != 0);
    leave(leftAt, leftBit);
    join(v, at, (<u64>1) << at, v.mergedRank(id, right));
    join(v, leftAt, leftBit, v.mergedRank(left, id));
    tokens--;
  }
  manyLeft = alive;
  return tokens;
}

function begin(v: Vocabulary, tokens: u32): void {
  const edge = v.edge;
  store<u32>(tokenIds + ((<usize>tokens) << 2), edge, idsAt);
  store<u32>(tokenIds + ((<usize>nowhere) << 2), edge, idsAt);
  store<u8>(classes + nowhere, <u8>noRankClass);
  store<u8>(classes + tokens - 1, <u8>noRankClass);
  filled = 0;
  let id = load<u32>(tokenIds, idsAt);
  for (let i: u32 = 1; i < tokens; i++) {
    const next = load<u32>(tokenIds + ((<usize>i) << 2), idsAt);
    join(v, i - 1, (<u64>1) << (i - 1), v.mergedRank(id, next));
    id = next;
  }
}

/** The position of the least rank, the leftmost of equals. */
function leastAmong(positions: u64): u32 {
  let least = <u32>ctz(positions);
  let rank = load<u32>(ranks + ((<usize>least) << 2));
  for (let rest = positions & (positions - 1); rest != 0; rest &= rest - 1) {
    const other = <u32>ctz(rest);
    const otherRank = load<u32>(ranks + ((<usize>other) << 2));
    if (otherRank >= rank) continue;
    rank = otherRank;
    least = other;
  }
  return least;
}

// @inline: three times for every merge, with the next.
@inline
function leave(position: u32, bit: u64): void {
  const set = members + ((<usize>load<u8>(classes + position)) << 3);
  store<u64>(set, load<u64>(set) & ~bit);
}


@inline
function join(v: Vocabulary, position: u32, bit: u64, rank: u32): void {
  const number = v.rankClass(rank);
  const set = members + ((<usize>number) << 3);
  store<u32>(ranks + ((<usize>position) << 2), rank);
  store<u8>(classes + position, <u8>number);
  store<u64>(set, load<u64>(set) | bit);
  filled |= (<u64>1) << number;
}
