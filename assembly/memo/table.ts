import { memoEntries, memoIdleMinutes, memoWays } from "../bounds";

/**
 * Remembered counts by the digest of their span: a fixed table of sets of `memoWays` entries. A
 * digest belongs to one set, where it may lie anywhere.
 *
 * Whose entry goes for a new one: an empty one; else one that was not used for `memoIdleMinutes`;
 * else the longest unused one of the payer with the most entries of the set, if that payer has at
 * least two more than the one who stores; else the longest unused of one's own. So whoever floods
 * the table with texts leaves each of the n payers of a set with as much as it has there, up to
 * memoWays / n; and nobody can hold a place against the share of others by using it.
 *
 * A set is five rows: the low and the high halves of eight digests (64 bytes each), when each was
 * last used (32 bytes, 0 for empty), who stored it and its tokens (16 bytes each).
 */
const highRow: usize = 64;
const usedRow: usize = 128;
const ownerRow: usize = 160;
const tokensRow: usize = 176;
const setBytes: usize = 192;

/** What `rememberedTokens` answers for a span that is not there; the most that can be kept. */
export const notRemembered: u32 = 0xffffffff;
const tokensMax: u32 = 0xffff;

let table: usize = 0;
/** A set for each of the mask's values. */
let setMask: u64 = 0;
/** Counts uses of entries: the clock by which one is older than another. Once in 2^32 it wraps. */
let now: u32 = 0;

/** Where the clock stood when each of the last minutes began; the oldest is at `oldestMark`. */
const marks: usize = memory.data(16 * 4, 4);
let oldestMark: u32 = 0;
let minuteNow: u64 = 0;

/** Takes the memory for an empty table, for good. `entries` is a power of two. */
export function openTable(entries: u32 = memoEntries): void {
  if (table != 0) heap.free(table);
  const sets = entries / memoWays;
  table = heap.alloc(<usize>sets * setBytes);
  memory.fill(table, 0, <usize>sets * setBytes);
  setMask = sets - 1;
}

export function tableIsOpen(): bool {
  return table != 0;
}

/**
 * Tells the time, by which entries become idle. A clock that steps back does no harm, and without
 * one (0) no entry is ever idle.
 */
export function tellMinute(minute: u64): void {
  if (minute == minuteNow) return;
  const passed = minute > minuteNow ? minute - minuteNow : 0;
  const moves = <u32>min<u64>(passed, memoIdleMinutes);
  for (let i: u32 = 0; i < moves; i++) {
    store<u32>(marks + ((<usize>oldestMark) << 2), now);
    oldestMark = (oldestMark + 1) % memoIdleMinutes;
  }
  minuteNow = minute;
}

/** Tokens of the span with this digest, or `notRemembered`. */
export function rememberedTokens(low: u64, high: u64): u32 {
  const set = setOf(low);
  const wanted = i64x2.splat(low);
  for (let way: u32 = 0; way < memoWays; way += 2) {
    const found = i64x2.bitmask(i64x2.eq(v128.load(set + ((<usize>way) << 3)), wanted));
    if (found == 0) continue;
    const at = way + (found & 1 ? 0 : 1);
    if (load<u64>(set + ((<usize>at) << 3), highRow) != high || usedAt(set, at) == 0) continue;
    use(set, at);
    return load<u16>(set + ((<usize>at) << 1), tokensRow);
  }
  return notRemembered;
}

/** Keeps the count of a span that `rememberedTokens` does not know, in place of the next to go. */
export function rememberTokens(low: u64, high: u64, owner: u32, tokens: u64): void {
  if (tokens > tokensMax) return;
  const set = setOf(low);
  const at = placeFor(set, owner & 0xffff);
  store<u64>(set + ((<usize>at) << 3), low);
  store<u64>(set + ((<usize>at) << 3), high, highRow);
  store<u16>(set + ((<usize>at) << 1), owner, ownerRow);
  store<u16>(set + ((<usize>at) << 1), tokens, tokensRow);
  use(set, at);
}

function setOf(low: u64): usize {
  return table + <usize>(low & setMask) * setBytes;
}

function use(set: usize, at: u32): void {
  store<u32>(set + ((<usize>at) << 2), ++now, usedRow);
}

function usedAt(set: usize, at: u32): u32 {
  return load<u32>(set + ((<usize>at) << 2), usedRow);
}

function placeFor(set: usize, owner: u32): u32 {
  const idleSince = load<u32>(marks + ((<usize>oldestMark) << 2));
  const oldest = oldestOf(set, allWays);
  // What is empty was used at 0, before any mark.
  if (now - usedAt(set, oldest) >= now - idleSince) return oldest;
  const own = entriesOf(set, owner);
  return own == allWays ? oldest : oldestOf(set, giverFor(set, owner, own));
}

/** A bit for each entry of a set. */
const allWays: u32 = (1 << memoWays) - 1;

/** The entries of the payer who makes room for one of `owner`'s. */
function giverFor(set: usize, owner: u32, own: u32): u32 {
  let giver = own;
  for (let way: u32 = 0; way < memoWays; way++) {
    const other = entriesOf(set, load<u16>(set + ((<usize>way) << 1), ownerRow));
    const more = popcnt(other) - popcnt(giver);
    const older = <i32>more == 0 && isOlder(set, oldestOf(set, other), oldestOf(set, giver));
    if (<i32>more > 0 || older) giver = other;
  }
  return own == 0 || popcnt(giver) > popcnt(own) + 1 ? giver : own;
}

/** A bit for each entry that this payer has stored. */
function entriesOf(set: usize, owner: u32): u32 {
  return i16x8.bitmask(i16x8.eq(v128.load(set, ownerRow), i16x8.splat(<i16>owner)));
}

/** Of these entries, of which there are some, the one that was not used for longest. */
function oldestOf(set: usize, entries: u32): u32 {
  let oldest = ctz(entries);
  while (entries != 0) {
    const way = ctz(entries);
    if (isOlder(set, way, oldest)) oldest = way;
    entries &= entries - 1;
  }
  return oldest;
}

function isOlder(set: usize, way: u32, other: u32): bool {
  return now - usedAt(set, way) > now - usedAt(set, other);
}
