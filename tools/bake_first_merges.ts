import { pairBase } from "./bake_pairs.ts";

/**
 * The merges of two bytes that come first, whatever stands around them: half of all merges, found
 * for a whole piece at once. RATIONALE.md proves that they may ("Why are some merges done first?").
 *
 * Bytes are told apart as far as words need it, by classes. A cell, u32, for each class of a byte
 * and class of the next:
 *
 *   bits 0..11   the number of the token that the two bytes make, among such tokens by rank; ones
 *                where they make none
 *   bits 12..21  `left`: the least number that a merge of the second byte with any token that ends
 *                in the first byte would have, divided by 4
 *   bits 22..31  `right`: the same of the first byte with any token that begins with the second
 *
 * The two bytes at i come first if their number / 4 is below `left` of the two at i-1, and below
 * `right` of the two at i+1.
 */
export interface FirstMerges {
  /** The class of each byte: 0 for those that are not told apart, 1 for what never merges. */
  byteClasses: Uint8Array;
  classes: number;
  cells: Uint32Array;
  /** The tokens of two bytes, by number. */
  tokens: Uint32Array;
}

/** Stands for the end of the text, so nothing may merge with it. No character contains it. */
const endByte = 0xff;
const numberMask = 0xfff;
const boundMax = 0x3ff;

/** Space, letters, and what characters beyond ASCII are made of. */
const toldApart = [[0x20], range(0x61, 0x7a), range(0x41, 0x5a), range(0x80, 0xbf)].flat();
toldApart.push(...range(0xc2, 0xf4));

interface Ranks {
  /** By first byte * 256 + second byte; Infinity for none. */
  own: Float64Array;
  left: Float64Array;
  right: Float64Array;
}

/** The table for these merges (left * 2^18 + right to the token made). */
export function firstMerges(pairs: Map<number, number>, byteIds: number[]): FirstMerges {
  const ranks = ranksOfBytes(pairs, byteIds);
  const byClass = [-1, endByte, ...toldApart];
  const byteClasses = new Uint8Array(256);
  byClass.forEach((byte, number) => (byteClasses[byte] = number));
  const tokens = tokensOfTwo(ranks.own, byClass);
  const cells = new Uint32Array(byClass.length ** 2).fill(numberMask);
  for (let first = 1; first < byClass.length; first++) {
    for (let second = 1; second < byClass.length; second++) {
      const at = byClass[first]! * 256 + byClass[second]!;
      const number = Number.isFinite(ranks.own[at]!) ? below(tokens, ranks.own[at]!) : numberMask;
      const bounds = [ranks.left[at]!, ranks.right[at]!].map((rank) => bound(tokens, rank));
      cells[first * byClass.length + second] = number + (bounds[0]! << 12) + bounds[1]! * 2 ** 22;
    }
  }
  return { byteClasses, classes: byClass.length, cells, tokens };
}

function ranksOfBytes(pairs: Map<number, number>, byteIds: number[]): Ranks {
  const none = () => new Float64Array(65536).fill(Infinity);
  const ranks: Ranks = { own: none(), left: none(), right: none() };
  const byteOf = new Map(byteIds.map((id, byte) => [id, byte]));
  const ends = new Map(byteIds.map((id, byte) => [id, { first: byte, last: byte }]));
  const early = new Map<number, number>();
  for (const [pair, token] of inOrderOfMaking(pairs, byteIds)) {
    const [left, right] = [Math.floor(pair / pairBase), pair % pairBase];
    const { first, last: lastOfLeft } = ends.get(left)!;
    const { first: firstOfRight, last } = ends.get(right)!;
    if (first === endByte || last === endByte) throw new Error(`byte ${endByte} merges`);
    ends.set(token, { first, last });
    const at = lastOfLeft * 256 + firstOfRight;
    if (byteOf.has(right)) ranks.left[at] = Math.min(ranks.left[at]!, token);
    if (byteOf.has(left)) ranks.right[at] = Math.min(ranks.right[at]!, token);
    if (byteOf.has(right) && byteOf.has(left)) ranks.own[at] = token;
    for (const part of [left, right]) early.set(part, Math.min(early.get(part) ?? Infinity, token));
  }
  // One that can merge on at a lower rank than its own must not be made before its turn.
  ranks.own.forEach((token, at) => {
    if ((early.get(token) ?? Infinity) < token) ranks.own[at] = Infinity;
  });
  return ranks;
}

/** The merges, each after those that make its parts. */
function inOrderOfMaking(pairs: Map<number, number>, byteIds: number[]): [number, number][] {
  const made = new Set(byteIds);
  let left = Array.from(pairs);
  const ordered: [number, number][] = [];
  while (left.length > 0) {
    const later: [number, number][] = [];
    for (const [pair, token] of left) {
      if (made.has(Math.floor(pair / pairBase)) && made.has(pair % pairBase)) {
        made.add(token);
        ordered.push([pair, token]);
      } else later.push([pair, token]);
    }
    if (later.length === left.length) throw new Error("a merge of tokens that nothing makes");
    left = later;
  }
  return ordered;
}

function tokensOfTwo(own: Float64Array, byClass: number[]): Uint32Array {
  const tokens: number[] = [];
  for (const first of byClass.slice(1)) {
    for (const second of byClass.slice(1)) {
      const token = own[first * 256 + second]!;
      if (Number.isFinite(token)) tokens.push(token);
    }
  }
  if (tokens.length >= numberMask) throw new Error(`${tokens.length} tokens of two bytes`);
  return Uint32Array.from(tokens).sort();
}

/** How many of the tokens have a lower rank. */
function below(tokens: Uint32Array, rank: number): number {
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle]! < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}

function bound(tokens: Uint32Array, rank: number): number {
  return Number.isFinite(rank) ? Math.min(boundMax, below(tokens, rank) >> 2) : boundMax;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
