import { alive, classes, ids, members, nexts, previouses, ranks } from "./merge_scratch";
import { noRankClass, Vocabulary } from "./vocabulary";

/** Classes of ranks that may have members, a bit each. */
let filled: u64 = 0;
/** Of the positions found last, the first of their word. */
let firstOfWord: u32 = 0;

/** The most tokens whose positions, edges included, are the bits of one word. */
const oneWordTokensMax: u32 = 62;
const wordBytes: usize = 8;

/**
 * Merges the first tokens of `firstTokens` until no neighbours merge any more; answers how many
 * are left. Each merge takes about the same time, however many tokens there are: the least rank is
 * in the lowest class of ranks that has members, and those are few.
 */
export function mergeMany(v: Vocabulary, tokens: u32): u32 {
  if (tokens <= oneWordTokensMax) return mergeWords(v, tokens, wordBytes);
  return mergeWords(v, tokens, ((<usize>tokens + 2 + 63) >> 6) << 3);
}

/** The same, with the bytes of a set of positions. */
// @inline: so that one word is a constant; windows of random letters take a third less.
@inline
function mergeWords(v: Vocabulary, tokens: u32, setBytes: usize): u32 {
  begin(v, tokens, setBytes);
  while (true) {
    const lowest = <u32>ctz(filled);
    if (lowest >= noRankClass) break;
    let equals = leastIn(members + <usize>lowest * setBytes, setBytes);
    if (equals == 0) {
      filled &= filled - 1;
      continue;
    }
    // What they become merges on at a higher rank, but for odd vocabularies.
    do {
      const at = firstOfWord + <u32>ctz(equals);
      equals &= equals - 1;
      if (!has(alive, at)) continue;
      const id = u32At(ranks, at);
      if (mergeAt(v, at, id, setBytes) < id) equals = 0;
      tokens--;
    } while (equals != 0);
  }
  memory.fill(members + <usize>noRankClass * setBytes, 0, setBytes);
  return tokens;
}

/** Merges a token with the next; answers the lesser of the ranks that it and the one before get. */
@inline
function mergeAt(v: Vocabulary, at: u32, id: u32, setBytes: usize): u32 {
  const next = u32At(nexts, at);
  const right = u32At(nexts, next);
  const left = u32At(previouses, at);
  remove(alive, next);
  remove(setOf(u32At(classes, at), setBytes), at);
  remove(setOf(u32At(classes, left), setBytes), left);
  store<u32>(nexts + ((<usize>at) << 2), right);
  store<u32>(previouses + ((<usize>right) << 2), at);
  store<u32>(ids + ((<usize>at) << 2), id);
  const rightRank = v.mergedRank(id, u32At(ids, right));
  const leftRank = v.mergedRank(u32At(ids, left), id);
  join(v, at, rightRank, setBytes);
  join(v, left, leftRank, setBytes);
  return min(rightRank, leftRank);
}


@inline
function begin(v: Vocabulary, tokens: u32, setBytes: usize): void {
  filled = 0;
  const edge = v.edge;
  for (let word: usize = 0; word < setBytes; word += wordBytes) store<u64>(alive + word, -1);
  store<u32>(ids, edge);
  store<u32>(ids + ((<usize>tokens) << 2), edge, 4);
  store<u32>(classes, noRankClass);
  store<u32>(nexts, 1);
  let id = edge;
  for (let at: u32 = 1; at <= tokens + 1; at++) {
    const next = u32At(ids, at);
    join(v, at - 1, v.mergedRank(id, next), setBytes);
    store<u32>(nexts + ((<usize>at) << 2), at + 1);
    store<u32>(previouses + ((<usize>at) << 2), at - 1);
    id = next;
  }
}

/**
 * The positions of the least rank in a class that are in one word with the leftmost of them, whose
 * first position is `firstOfWord`; 0 where the class has no members.
 */
@inline
function leastIn(set: usize, setBytes: usize): u64 {
  let equals: u64 = 0;
  let rank: u32 = 0xffffffff;
  for (let word: usize = 0; word < setBytes; word += wordBytes) {
    const first = (<u32>word) << 3;
    let bits = load<u64>(set + word) & load<u64>(alive + word);
    store<u64>(set + word, bits);
    for (; bits != 0; bits &= bits - 1) {
      const other = u32At(ranks, first + <u32>ctz(bits));
      const bit = bits & (0 - bits);
      if (other < rank) {
        firstOfWord = first;
        equals = 0;
      }
      equals |= select<u64>(bit, 0, other < rank || (other == rank && firstOfWord == first));
      rank = min(rank, other);
    }
  }
  return equals;
}

// @inline: one load, many times for every merge.
@inline
function u32At(array: usize, position: u32): u32 {
  return load<u32>(array + ((<usize>position) << 2));
}


@inline
function has(set: usize, position: u32): bool {
  return ((load<u64>(set + (((<usize>position) >> 6) << 3)) >> (position & 63)) & 1) != 0;
}

// @inline: three times for every merge.
@inline
function remove(set: usize, position: u32): void {
  const word = set + (((<usize>position) >> 6) << 3);
  store<u64>(word, load<u64>(word) & ~((<u64>1) << (position & 63)));
}

// @inline: twice for every merge.
@inline
function join(v: Vocabulary, position: u32, rank: u32, setBytes: usize): void {
  const number = v.rankClass(rank);
  const word = setOf(number, setBytes) + (((<usize>position) >> 6) << 3);
  store<u32>(ranks + ((<usize>position) << 2), rank);
  store<u32>(classes + ((<usize>position) << 2), number);
  store<u64>(word, load<u64>(word) | ((<u64>1) << (position & 63)));
  filled |= (<u64>1) << number;
}

// @inline: one addition.
@inline
function setOf(number: u32, setBytes: usize): usize {
  return members + <usize>number * setBytes;
}
