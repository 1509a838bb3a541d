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
 * A set is three rows of 8 bytes an entry: low halves, high halves, and notes, which are from the
 * low bits up 16 of tokens, 16 of owner, 32 of when it was last used.
 */
const rowBytes: usize = <usize>memoWays * 8;
const setBytes: usize = rowBytes * 3;

/** What `rememberedTokens` answers for a span that is not there; the most that can be kept. */
export const notRemembered: u32 = 0xffffffff;
const tokensMax: u32 = 0xffff;

let table: usize = 0;
/** A set for each of the mask's values. */
let setMask: u64 = 0;
/** Counts uses of entries: the clock by which one is older than another. */
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
  if ((low | high) == 0) return notRemembered; // what empty entries hold
  const set = setOf(low);
  for (let way: usize = 0; way < rowBytes; way += 8) {
    if (load<u64>(set + way) != low || load<u64>(set + way + rowBytes) != high) continue;
    const notes = set + way + 2 * rowBytes;
    store<u32>(notes, ++now, 4);
    return load<u16>(notes);
  }
  return notRemembered;
}

/** Keeps the count of a span that `rememberedTokens` does not know, in place of the next to go. */
export function rememberTokens(low: u64, high: u64, owner: u32, tokens: u64): void {
  if (tokens > tokensMax || (low | high) == 0) return;
  const set = setOf(low);
  const at = set + placeFor(set, owner & 0xffff);
  store<u64>(at, low);
  store<u64>(at + rowBytes, high);
  store<u32>(at + 2 * rowBytes, (<u32>tokens) | (owner << 16));
  store<u32>(at + 2 * rowBytes, ++now, 4);
}

function setOf(low: u64): usize {
  return table + <usize>(low & setMask) * setBytes;
}

function placeFor(set: usize, owner: u32): usize {
  const idleAge = now - load<u32>(marks + ((<usize>oldestMark) << 2));
  let oldest: usize = 0;
  for (let way: usize = 0; way < rowBytes; way += 8) {
    if ((load<u64>(set + way) | load<u64>(set + way + rowBytes)) == 0) return way;
    if (ageOf(set, way) > ageOf(set, oldest)) oldest = way;
  }
  if (ageOf(set, oldest) >= idleAge) return oldest;
  return oldestOf(set, giverFor(set, owner));
}

/** The payer whose entry makes room for one of `owner`'s. */
function giverFor(set: usize, owner: u32): u32 {
  const own = entriesOf(set, owner);
  if (own == memoWays) return owner;
  let most: u32 = 0;
  let giver = owner;
  for (let way: usize = 0; way < rowBytes; way += 8) {
    const other = ownerOf(set, way);
    const entries = entriesOf(set, other);
    const older = entries == most && oldestAge(set, other) > oldestAge(set, giver);
    if (entries < most || (entries == most && !older)) continue;
    most = entries;
    giver = other;
  }
  return own == 0 || most > own + 1 ? giver : owner;
}

function entriesOf(set: usize, owner: u32): u32 {
  let entries: u32 = 0;
  for (let way: usize = 0; way < rowBytes; way += 8) {
    if (ownerOf(set, way) == owner) entries++;
  }
  return entries;
}

function oldestOf(set: usize, owner: u32): usize {
  let oldest: usize = 0;
  let age: u32 = 0;
  for (let way: usize = 0; way < rowBytes; way += 8) {
    if (ownerOf(set, way) != owner || ageOf(set, way) < age) continue;
    oldest = way;
    age = ageOf(set, way);
  }
  return oldest;
}

function oldestAge(set: usize, owner: u32): u32 {
  return ageOf(set, oldestOf(set, owner));
}

function ownerOf(set: usize, way: usize): u32 {
  return load<u16>(set + way + 2 * rowBytes, 2);
}

/** Uses of any entry since this one was used; the clock wraps, and what is old may look new. */
function ageOf(set: usize, way: usize): u32 {
  return now - load<u32>(set + way + 2 * rowBytes, 4);
}
