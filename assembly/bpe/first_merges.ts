import { ids, starts } from "./merge_scratch";
import { Vocabulary } from "./vocabulary";

/** Positions looked at in one go, and their cells. */
const block: u32 = 8;
const blockCells: usize = memory.data((<i32>block) << 2, 16);

const numberMask: u32 = 0xfff;
const boundMask: u32 = 0x3ff;
const leftBits: i32 = 12;
const rightBits: i32 = 22;

/**
 * Finds the tokens that a text of 1 byte or more is merged from: bytes, and what two bytes make
 * that come first of all merges around them (tools/bake_first_merges.ts says how that is told).
 * Lays them into the scratch, up to `tokensMax` of them, at least 8; answers their number. 16 bytes
 * must be readable behind the text.
 */
export function firstTokens(v: Vocabulary, ptr: usize, bytes: u32, tokensMax: u32): u32 {
  const edges = i32x4.splat(-1);
  let before = edges;
  let tokens: u32 = 0;
  // Whether the first byte of the block ends a token of the block before it.
  let taken: u32 = 0;
  let at: u32 = 0;
  while (at < bytes && tokens + block <= tokensMax) {
    const left = bytes - at;
    const text = load<u64>(ptr + at) | select<u64>(0, (<u64>-1) << (left << 3), left >= 8);
    const next =
      load<u16>(ptr + at, 8) | select(0, 0xffff << ((max(left, 8) - 8) << 3), left >= 10);
    const c4 = classOf(v, text >> 32);
    const c8 = classOf(v, next);
    const low = fourCells(v, text, c4);
    const high = fourCells(v, text >> 32, c8);
    const last = i32x4.splat(cell(v, c8, classOf(v, (<u64>next) >> 8)));
    const behindLow = v128.shuffle<i32>(low, high, 1, 2, 3, 4);
    const behindHigh = v128.shuffle<i32>(high, last, 1, 2, 3, 4);
    const firsts =
      firstOf4(low, v128.shuffle<i32>(before, low, 3, 4, 5, 6), behindLow) |
      (firstOf4(high, v128.shuffle<i32>(low, high, 3, 4, 5, 6), behindHigh) << 4);
    v128.store(blockCells, low);
    v128.store(blockCells, high, 16);
    const begins = ((1 << min(left, block)) - 1) & ~((firsts << 1) | taken);
    tokens = addTokens(v, ptr, at, begins, firsts, tokens);
    taken = firsts >> 7;
    before = high;
    at += block;
  }
  store<u32>(starts + ((<usize>tokens) << 2), min(at, bytes) + taken, 4);
  return tokens;
}

// @inline: eight times in eight bytes, as the next two.
@inline
function classOf(v: Vocabulary, byte: u64): u32 {
  return load<u8>(v.classesOfBytes + ((<usize>byte) & 0xff));
}


@inline
function cell(v: Vocabulary, first: u32, second: u32): u32 {
  return load<u32>(v.cells + ((<usize>first * v.byteClasses + second) << 2));
}


@inline
function fourCells(v: Vocabulary, text: u64, c4: u32): v128 {
  const c0 = classOf(v, text);
  const c1 = classOf(v, text >> 8);
  const c2 = classOf(v, text >> 16);
  const c3 = classOf(v, text >> 24);
  return i32x4.replace_lane(
    i32x4.replace_lane(
      i32x4.replace_lane(i32x4.splat(cell(v, c0, c1)), 1, cell(v, c1, c2)),
      2,
      cell(v, c2, c3),
    ),
    3,
    cell(v, c3, c4),
  );
}

/** Of four positions a bit each: whether what begins there merges first. */
function firstOf4(cells: v128, before: v128, behind: v128): u32 {
  const numbers = v128.and(i32x4.shr_u(cells, 2), i32x4.splat(boundMask));
  const left = v128.and(i32x4.shr_u(before, leftBits), i32x4.splat(boundMask));
  const right = i32x4.shr_u(behind, rightBits);
  return i32x4.bitmask(v128.and(i32x4.lt_s(numbers, left), i32x4.lt_s(numbers, right)));
}

/** Appends what begins where `begins` has a bit; answers the number of tokens. */
function addTokens(v: Vocabulary, ptr: usize, at: u32, begins: u32, firsts: u32, tokens: u32): u32 {
  while (begins != 0) {
    const p = <u32>ctz(begins);
    const number = load<u32>(blockCells + ((<usize>p) << 2)) & numberMask;
    const ofTwo = v.twoByteTokens + ((<usize>number) << 2);
    const ofOne = v.byteIds + ((<usize>load<u8>(ptr + at + p)) << 2);
    const id = load<u32>(select<usize>(ofTwo, ofOne, ((firsts >> p) & 1) != 0));
    store<u32>(ids + ((<usize>tokens) << 2), id, 4);
    store<u32>(starts + ((<usize>tokens) << 2), at + p, 4);
    tokens++;
    begins &= begins - 1;
  }
  return tokens;
}
