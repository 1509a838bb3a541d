/** The hash by which texts are remembered: against a plain twin, and against its bounds. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../bench/haystack/random.ts";
import { keyOf, MemoModule } from "./memo_module.ts";
import {
  laneSum,
  moduleLanes,
  modulePrime,
  polynomial,
  sipHash,
  twinDigest,
  twinKey,
  wordsOf,
} from "./memo_twin.ts";

const seed = 11;
const key = twinKey(keyOf(seed));
const payer = { low: 0x1122334455667788n, high: 0x99aabbccddeeff00n, owner: 7 };

let memo: MemoModule;
beforeAll(async () => {
  memo = await MemoModule.load({ seed });
  memo.payer = payer;
});

const word64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
/** Spans of every size near a border, with runs of zeros and ones, which a weak hash takes ill. */
const span = fc
  .tuple(
    fc.constantFrom(0, 31, 64, 1000, 1024, 2048, 5000, 16384, 20480),
    fc.nat({ max: 40 }),
    fc.nat(),
    fc.constantFrom(null, 0, 0xff),
  )
  .map(([base, more, spanSeed, fill]) => {
    const random = new Random(spanSeed);
    return Uint8Array.from({ length: base + more }, () => fill ?? random.below(256));
  });

describe("the hash of spans", () => {
  it("is that of its plain twin, level by level", () => {
    fc.assert(
      fc.property(span, (bytes) => {
        const block = bytes.subarray(0, 1024);
        const words = wordsOf(block, 4);
        const sums = [0, 1, 2, 3].map((lane) => laneSum(moduleLanes, words, key.lanes, lane));
        expect(memo.lanes(block)).toEqual(sums);
        expect(memo.digest(bytes, 3)).toEqual(twinDigest(bytes, 3, payer, key));
      }),
      { numRuns: 150, seed: 1 },
    );
    fc.assert(
      fc.property(fc.array(word64, { maxLength: 100 }), (coefficients) => {
        const values = key.points.map((point) => polynomial(coefficients, point, modulePrime));
        expect(memo.polynomials(coefficients)).toEqual(values);
      }),
      { numRuns: 300, seed: 2, examples: [[[modulePrime, modulePrime + 1n, 2n ** 64n - 1n]]] },
    );
    fc.assert(
      fc.property(fc.array(word64, { maxLength: 31 }), (words) => {
        expect(memo.seal(words)).toEqual(sipHash(words, key.seal, true));
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it("is sealed by SipHash as its authors publish it", () => {
    const published: [bigint, bigint] = [0x0706050403020100n, 0x0f0e0d0c0b0a0908n];
    const eight = [0x0706050403020100n];
    expect(sipHash([], published, false)).toEqual([0x726fdb47dd0e0e31n]);
    expect(sipHash(eight, published, false)).toEqual([0x93f5f5799a932462n]);
    expect(sipHash([], published, true)).toEqual([0xe6a825ba047f81a3n, 0x930255c71472f66dn]);
  });

  it("does not hang on what stands behind a span", () => {
    const text = new Uint8Array(5000).fill(0x61);
    const alone = memo.digest(text.slice(0, 4321));
    expect(memo.digest(text.slice(0, 4321))).toEqual(alone);
    const { exports } = memo;
    const ptr = exports.allocate(5000);
    for (const behind of [0, 0x22, 0xff]) {
      const bytes = new Uint8Array(exports.memory.buffer, ptr, 5000).fill(behind);
      bytes.set(text.subarray(0, 4321));
      exports.digest(ptr, 4321, 1);
      expect(new BigUint64Array(exports.memory.buffer, exports.outPtr(), 2)[0]).toBe(alone[0]);
    }
    exports.release(ptr);
  });

  it("tells apart keys, payers, encodings and lengths", async () => {
    const text = Buffer.from("the very same text, ".repeat(100));
    const other = await MemoModule.load({ seed: seed + 1 });
    other.payer = payer;
    const digests = [memo.digest(text, 1), memo.digest(text, 2), other.digest(text, 1)];
    for (const change of [{ low: 0n }, { high: 0n }]) {
      memo.payer = { ...payer, ...change };
      digests.push(memo.digest(text, 1));
    }
    memo.payer = payer;
    for (let zeros = 1; zeros <= 64; zeros++) {
      digests.push(memo.digest(Buffer.concat([text, Buffer.alloc(zeros)]), 1));
    }
    expect(new Set(digests.map(([low]) => low)).size).toBe(digests.length);
    expect(new Set(digests.map(([, high]) => high)).size).toBe(digests.length);
    memo.payer = { ...payer, owner: 1 };
    expect(memo.digest(text, 1)).toEqual(digests[0]);
    memo.payer = payer;
  });

  it("lets texts that resemble each other collide no more often than chance", () => {
    const base = Buffer.from("All work and no play makes Jack a dull boy. ".repeat(60));
    const seen = new Map<bigint, number>();
    let met = 0;
    const note = (bytes: Uint8Array): void => {
      const low = memo.digest(bytes)[0]! & 0xffff_ffffn;
      met += seen.has(low) ? 1 : 0;
      seen.set(low, 1);
    };
    for (let at = 0; at < base.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(base);
        changed[at] = changed[at]! ^ (1 << bit);
        note(changed);
      }
      if (at > 0) note(base.subarray(0, at));
    }
    // 23,759 texts: 0.07 pairs are expected to agree in 32 bits.
    expect(seen.size + met).toBe(base.length * 9 - 1);
    expect(met).toBeLessThan(3);
  });
});

/** All lists of `length` numbers below `limit`. */
function lists(length: number, limit: number): bigint[][] {
  let all: bigint[][] = [[]];
  for (let i = 0; i < length; i++) {
    all = all.flatMap((list) => Array.from({ length: limit }, (_, x) => [...list, BigInt(x)]));
  }
  return all;
}

/** Of all keys, those under which the two messages that meet most often do. */
function mostMeetings(keys: bigint[][], messages: bigint[][], hash: Hash): number {
  const meetings = new Map<number, number>();
  let most = 0;
  for (const each of keys) {
    const bySum = new Map<string, number[]>();
    messages.forEach((message, index) => {
      const sum = hash(message, each);
      for (const other of bySum.get(sum) ?? []) {
        const pair = other * messages.length + index;
        const times = (meetings.get(pair) ?? 0) + 1;
        meetings.set(pair, times);
        most = Math.max(most, times);
      }
      bySum.set(sum, [...(bySum.get(sum) ?? []), index]);
    });
  }
  return most;
}

type Hash = (message: bigint[], key: bigint[]) => string;

describe("the bounds of the hash, on all keys and messages of a narrow one", () => {
  const narrow = { bits: 2, pairs: 1 };
  const messages = lists(4, 4);
  const keys = lists(6, 4);

  it("hold for one lane: at most one key in 2^bits", () => {
    const hash: Hash = (message, each) => String(laneSum(narrow, message, each, 0));
    const most = mostMeetings(
      keys.filter((_, at) => at % 16 === 0),
      messages,
      hash,
    );
    expect(most).toBe(keys.length / 16 / 4);
  });

  it("hold for two lanes with the key shifted: at most one key in 2^(2 bits)", () => {
    const hash: Hash = (message, each) =>
      [0, 1].map((lane) => laneSum(narrow, message, each, lane)).join();
    expect(mostMeetings(keys, messages, hash)).toBeLessThanOrEqual(keys.length / 16);
  });

  it("do not hold for two lanes of the same key", () => {
    const hash: Hash = (message, each) => `${laneSum(narrow, message, each, 0)}`.repeat(2);
    expect(mostMeetings(keys, messages, hash)).toBeGreaterThan(keys.length / 16);
  });

  it("hold for the polynomial: at most as many points as there are coefficients", () => {
    const points = lists(1, 13);
    const hash: Hash = (message, [point = 0n]) => String(polynomial(message, point, 13n));
    expect(mostMeetings(points, lists(3, 6), hash)).toBe(3);
  });
});
