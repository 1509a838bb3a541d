/**
 * The table of all merges: which token two neighbours make. It answers exactly, hit or miss, with
 * two loads and no search, in about 5.8 bytes a merge.
 *
 * A pair's key is `left * 2^idBits + right`, mixed by a multiplication that loses nothing. The
 * key's upper bits are its bucket, the lower 20 its remainder. A bucket has an entry of 16 bits
 * from which the slots of all its pairs follow:
 *
 *   slot = 4 * (entry * homeScale / 2^14 + spread(remainder, entry % 4)) + entry % 4
 *
 * A slot of 40 bits keeps the remainder (upper 22) and the merged token (lower 18). No two buckets
 * have the same entry, so slot and remainder together tell the bucket: a slot that holds the
 * remainder asked for holds the pair asked for. Buckets are placed by falling size, each at the
 * first entry, in an order that looks random, that leads to free slots.
 */
const idBitsMax = 18;
const remainderBits = 20;
const spreadSize = 256;
/** Which eight bits of the spread remainder count, by the entry's lower two. */
const spreadUnits = [2 ** 16, 2 ** 24, 2 ** 32, 2 ** 40];
const pairsPerBucket = 3;

/** Odd, so multiplying by it modulo a power of two loses nothing; it spreads well. */
const mixer = 0x9e3779b97n;

/** Tried in turn. What is full cannot be filled up, and a multiplier may suit a bucket badly. */
const loads = [0.98, 0.97, 0.96, 0.94, 0.9, 0.8];
const spreaders = [0x278dde6d, 0x1b873593, 0x2c1b3c6d, 0x297a2d39];

/** What the lookup reads; see `Vocabulary` of assembly/bpe/vocabulary.ts. */
export interface PairTable {
  leftMixer: bigint;
  keyMask: bigint;
  spreader: number;
  homeScale: number;
  entries: Uint16Array;
  slots: Uint8Array;
}

interface Pair {
  remainder: number;
  token: number;
}

interface Shape {
  spreader: number;
  homeScale: number;
  slots: number;
}

/** The table of merges (left * 2^18 + right to the token made); throws if they do not fit one. */
export function pairTable(pairs: Map<number, number>): PairTable {
  let tokenMax = 0;
  for (const [pair, token] of pairs) {
    tokenMax = Math.max(tokenMax, token, pair % 2 ** idBitsMax, Math.floor(pair / 2 ** idBitsMax));
  }
  const idBits = tokenMax.toString(2).length;
  if (idBits > idBitsMax) throw new Error(`token ${tokenMax} is above the largest number`);
  const wantedBits = Math.round(Math.log2(pairs.size / pairsPerBucket));
  const bucketBits = Math.min(16, Math.max(2, wantedBits, 2 * idBits - remainderBits));
  const leftMixer = mixer << BigInt(idBits);
  const keyMask = (1n << BigInt(bucketBits + remainderBits)) - 1n;
  const buckets: Pair[][] = Array.from({ length: 1 << bucketBits }, () => []);
  for (const [pair, token] of pairs) {
    const [left, right] = [Math.floor(pair / 2 ** idBitsMax), pair % 2 ** idBitsMax];
    const key = Number((BigInt(left) * leftMixer + BigInt(right) * mixer) & keyMask);
    const bucket = buckets[Math.floor(key / 2 ** remainderBits)];
    bucket?.push({ remainder: key % 2 ** remainderBits, token });
  }
  return { leftMixer, keyMask, ...place(buckets, pairs.size) };
}

function place(buckets: Pair[][], pairs: number): Omit<PairTable, "leftMixer" | "keyMask"> {
  for (const load of loads) {
    for (const spreader of spreaders) {
      const perEntry = Math.max(1, pairs / load / buckets.length);
      const homeScale = Math.ceil(perEntry * 4096);
      const slots = 4 * (((buckets.length * homeScale) >> 14) + spreadSize);
      const shape = { spreader, homeScale, slots };
      const placed = placeIn(shape, buckets);
      if (placed) return { spreader, homeScale, ...placed };
    }
  }
  throw new Error(`${pairs} merges do not fit the table`);
}

/** Entries and slots of that shape; null where some bucket finds no place. */
function placeIn(shape: Shape, buckets: Pair[][]): Pick<PairTable, "entries" | "slots"> | null {
  const taken = new Uint8Array(shape.slots);
  const free = Array.from(buckets.keys());
  const entries = new Uint16Array(buckets.length);
  const slots = new Uint8Array(shape.slots * 5 + 8).fill(0xff);
  const bySize = Array.from(buckets.keys()).sort((a, b) => sizeOf(b) - sizeOf(a) || a - b);
  let draw = 1;
  for (const bucket of bySize) {
    const pairs = buckets[bucket] ?? [];
    draw = (Math.imul(draw, 1664525) + 1013904223) >>> 0;
    const at = firstFitting(shape, pairs, free, taken, Math.floor((draw / 2 ** 32) * free.length));
    const entry = free[at];
    if (entry === undefined) return null;
    entries[bucket] = entry;
    free[at] = free[free.length - 1] ?? 0;
    free.pop();
    for (const { remainder, token } of pairs) {
      const slot = slotOf(shape, remainder, entry);
      taken[slot] = 1;
      write(slots, slot * 5, remainder * 2 ** idBitsMax + token);
    }
  }
  return { entries, slots };

  function sizeOf(bucket: number): number {
    return buckets[bucket]?.length ?? 0;
  }
}

/** Where in the list of free entries one stands that suits these pairs; -1 if none does. */
function firstFitting(
  shape: Shape,
  pairs: Pair[],
  free: number[],
  taken: Uint8Array,
  from: number,
): number {
  for (let tries = 0; tries < free.length; tries++) {
    const at = (from + tries) % free.length;
    if (fits(shape, pairs, free[at] ?? 0, taken)) return at;
  }
  return -1;
}

function fits(shape: Shape, pairs: Pair[], entry: number, taken: Uint8Array): boolean {
  for (let i = 0; i < pairs.length; i++) {
    const slot = slotOf(shape, pairs[i]!.remainder, entry);
    if (taken[slot]) return false;
    for (let j = 0; j < i; j++)
      if (slotOf(shape, pairs[j]!.remainder, entry) === slot) return false;
  }
  return true;
}

function slotOf(shape: Shape, remainder: number, entry: number): number {
  const home = (entry * shape.homeScale) >>> 14;
  const spread = Math.floor((remainder * shape.spreader) / spreadUnits[entry & 3]!) % spreadSize;
  return 4 * (home + spread) + (entry & 3);
}

function write(slots: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 5; i++) slots[at + i] = Math.floor(value / 2 ** (8 * i)) % 256;
}
