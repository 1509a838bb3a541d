/** Where counts are kept, and whose go when room is needed: against a plain model. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { Random } from "../../bench/haystack/random.ts";
import { MemoModule } from "./memo_module.ts";

const ways = 8;
const idleMinutes = 16;

interface Entry {
  low: bigint;
  owner: number;
  tokens: number;
  usedAt: number;
  usedMinute: number;
}

/** One set, as its rules are told in words. */
class PlainSet {
  entries: Entry[] = [];
  clock = 0;
  minute = 0;

  find(low: bigint): number | null {
    const entry = this.entries.find((each) => each.low === low);
    if (!entry) return null;
    this.use(entry);
    return entry.tokens;
  }

  keep(low: bigint, owner: number, tokens: number): void {
    const entry = { low, owner, tokens, usedAt: 0, usedMinute: 0 };
    if (this.entries.length === ways)
      this.entries.splice(this.entries.indexOf(this.next(owner)), 1);
    this.entries.push(entry);
    this.use(entry);
  }

  private use(entry: Entry): void {
    entry.usedAt = ++this.clock;
    entry.usedMinute = this.minute;
  }

  private oldest(of: Entry[]): Entry {
    return of.reduce((old, each) => (each.usedAt < old.usedAt ? each : old));
  }

  private next(owner: number): Entry {
    const oldest = this.oldest(this.entries);
    if (oldest.usedMinute <= this.minute - idleMinutes) return oldest;
    const of = (who: number): Entry[] => this.entries.filter((each) => each.owner === who);
    const own = of(owner);
    const owners = [...new Set(this.entries.map((each) => each.owner))];
    const most = Math.max(...owners.map((who) => of(who).length));
    const richest = owners.filter((who) => of(who).length === most).map((who) => of(who));
    const giver = this.oldest(richest.map((entries) => this.oldest(entries)));
    if (own.length === 0 || most > own.length + 1) return this.oldest(of(giver.owner));
    return this.oldest(own);
  }
}

let memo: MemoModule;
beforeEach(async () => {
  memo = await MemoModule.load({ entries: ways });
});

const high = 5n;
const keep = (low: bigint, owner: number, tokens = 1): void =>
  memo.exports.remember(low, high, owner, BigInt(tokens));
const find = (low: bigint): number | null => memo.remembered(low, high);

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ low: fc.integer({ min: 1, max: 24 }) }) },
  { weight: 1, arbitrary: fc.record({ minutes: fc.integer({ min: -3, max: 20 }) }) },
);

describe("the table of counts", () => {
  it("keeps and gives up what a plain model does", () => {
    const run = fc.tuple(fc.nat(), fc.array(step, { minLength: 30, maxLength: 200 }));
    fc.assert(
      fc.property(run, ([seed, steps]) => {
        memo.exports.open(ways);
        const random = new Random(seed);
        const plain = new PlainSet();
        const found: (number | null)[][] = [];
        let minute = 1000;
        plain.minute = minute;
        memo.exports.minute(BigInt(minute));
        for (const each of steps) {
          if ("minutes" in each) {
            minute += each.minutes;
            // A clock that steps back lets nothing become idle sooner.
            plain.minute += Math.max(each.minutes, 0);
            memo.exports.minute(BigInt(minute));
            continue;
          }
          const low = BigInt(each.low);
          const known = plain.find(low);
          found.push([find(low), known]);
          if (known !== null) continue;
          const owner = random.below(4);
          const tokens = random.below(1000);
          plain.keep(low, owner, tokens);
          keep(low, owner, tokens);
        }
        for (let low = 1n; low <= 24n; low++) found.push([find(low), plain.find(low)]);
        expect(found.map(([got]) => got)).toEqual(found.map(([, wanted]) => wanted));
      }),
      { numRuns: 400, seed: 5 },
    );
  });

  it("finds nothing by half a digest", () => {
    keep(9n, 1, 33);
    expect(memo.remembered(9n, high)).toBe(33);
    expect(memo.remembered(9n, high + 1n)).toBe(null);
    expect(memo.remembered(10n, high)).toBe(null);
    expect(memo.remembered(0n, 0n)).toBe(null);
  });

  it("keeps no count that it has no room for", () => {
    keep(1n, 1, 65535);
    keep(2n, 1, 65536);
    expect([find(1n), find(2n)]).toEqual([65535, null]);
  });

  it("takes from a flood no more than its share", () => {
    for (const payers of [1, 2, 3, 4, 7]) {
      memo.exports.open(ways);
      const share = Math.floor(ways / (payers + 1));
      const held: bigint[][] = [];
      for (let payer = 0; payer < payers; payer++) {
        const lows = Array.from({ length: share }, (_, at) => BigInt(100 * (payer + 1) + at));
        for (const low of lows) keep(low, payer);
        held.push(lows);
      }
      for (let low = 10_000n; low < 20_000n; low++) keep(low, 99);
      for (const lows of held) expect(lows.map((low) => find(low))).toEqual(lows.map(() => 1));
    }
  });

  it("leaves the flood itself the rest, the newest of it", () => {
    for (const low of [1n, 2n]) keep(low, 1);
    for (let low = 100n; low < 200n; low++) keep(low, 2);
    expect([1n, 2n].map(find)).toEqual([1, 1]);
    const kept = Array.from({ length: 100 }, (_, at) => find(BigInt(100 + at)));
    expect(kept.map((tokens) => tokens !== null)).toEqual(kept.map((_, at) => at >= 94));
  });

  it("lets nobody hold a place against the share of others", () => {
    const mine = Array.from({ length: ways }, (_, at) => BigInt(at + 1));
    for (const low of mine) keep(low, 1);
    for (let low = 100n; low < 200n; low++) {
      keep(low, 2);
      for (const own of mine) find(own);
    }
    const left = mine.filter((low) => find(low) !== null);
    expect(left.length).toBe(ways / 2);
  });

  it("gives idle entries to anybody", () => {
    memo.exports.minute(100n);
    for (let low = 1n; low <= 8n; low++) keep(low, 1);
    memo.exports.minute(100n + 10n);
    find(3n);
    memo.exports.minute(100n + 16n);
    for (let low = 101n; low <= 107n; low++) keep(low, 2);
    expect(find(3n)).toBe(1);
    expect([1n, 2n, 4n, 5n, 6n, 7n, 8n].map(find)).toEqual(Array(7).fill(null));
  });

  it("spreads digests over all sets and loses none while there is room", () => {
    memo.exports.open(1024);
    for (let low = 0n; low < 1024n; low++) keep(low, 1, Number(low) % 100);
    for (let low = 0n; low < 1024n; low++) expect(find(low)).toBe(Number(low) % 100);
  });
});
