import { laneKeyPtr } from "./key";

/**
 * The first level: NH of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway, "UMAC: Fast and Secure
 * Message Authentication", 1999) over blocks of 1,024 bytes, four times with the key shifted.
 *
 * A block is groups of 32 bytes, eight words of 32 bits each. A lane adds key words to the eight
 * (modulo 2^32), multiplies the first four with the last four, and sums up all such products
 * (modulo 2^64). Lane j begins j groups later in the key.
 *
 * Bound: two blocks of the same number of groups that differ collide in one lane with probability
 * at most 2^-32, and so does any difference of their sums that was chosen before the key (their
 * section 4.2, lemma: for words (m, n) other than (m', n') and any c, the key words k, l make
 * (m+k)(n+l) - (m'+k)(n'+l) = c for at most one key in 2^32). All four lanes: at most 2^-128. For
 * let g be the last group that differs: the groups behind it cancel out, so lane j's difference
 * hangs on key groups up to g+j, and on g+j through group g alone; given what lanes 0 to j-1 are
 * made of, key group g+j is still as good as undrawn.
 */
export const hashBlockBytes: u32 = 1024;

const groupBytes: u32 = 32;

/** The sums of the block at hand. */
const lanes: usize = memory.data(32, 16);
/** A last group that the text does not fill. */
const rest: usize = memory.data(32, 16);
/** 32 bytes of ones, then as many of zeros. */
const keepMask: usize = memory.data<u64>([-1, -1, -1, -1, 0, 0, 0, 0]);

// @ts-ignore: decorator
@inline
export function laneSum(lane: u32): u64 {
  return load<u64>(lanes + ((<usize>lane) << 3));
}

/**
 * Hashes up to `hashBlockBytes` into the four lanes, as if zeros filled the last group. Loads up to
 * 31 bytes behind the text.
 */
export function hashBlock(ptr: usize, bytes: u32): void {
  v128.store(lanes, i64x2.splat(0));
  v128.store(lanes, i64x2.splat(0), 16);
  const left = bytes & (groupBytes - 1);
  const whole = bytes - left;
  if (whole != 0) addGroups(ptr, whole, laneKeyPtr());
  if (left == 0) return;
  const mask = keepMask + groupBytes - left;
  const from = ptr + whole;
  v128.store(rest, v128.and(v128.load(from), v128.load(mask)));
  v128.store(rest, v128.and(v128.load(from, 16), v128.load(mask, 16)), 16);
  addGroups(rest, groupBytes, laneKeyPtr() + whole);
}

function addGroups(ptr: usize, bytes: u32, key: usize): void {
  let first = i64x2.splat(0);
  let second = i64x2.splat(0);
  let third = i64x2.splat(0);
  let fourth = i64x2.splat(0);
  const end = ptr + bytes;
  while (ptr < end) {
    const m = v128.load(ptr);
    const n = v128.load(ptr, 16);
    first = plusProducts(first, m, n, v128.load(key), v128.load(key, 16));
    second = plusProducts(second, m, n, v128.load(key, 32), v128.load(key, 48));
    third = plusProducts(third, m, n, v128.load(key, 64), v128.load(key, 80));
    fourth = plusProducts(fourth, m, n, v128.load(key, 96), v128.load(key, 112));
    ptr += groupBytes;
    key += groupBytes;
  }
  addToLane(0, first);
  addToLane(1, second);
  addToLane(2, third);
  addToLane(3, fourth);
}

// @inline: the heart of the hash, four times in 32 bytes.
@inline
function plusProducts(sum: v128, m: v128, n: v128, forM: v128, forN: v128): v128 {
  const left = i32x4.add(m, forM);
  const right = i32x4.add(n, forN);
  const low = i64x2.extmul_low_i32x4_u(left, right);
  return i64x2.add(sum, i64x2.add(low, i64x2.extmul_high_i32x4_u(left, right)));
}

function addToLane(lane: u32, sum: v128): void {
  const at = lanes + ((<usize>lane) << 3);
  store<u64>(at, load<u64>(at) + i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1));
}
