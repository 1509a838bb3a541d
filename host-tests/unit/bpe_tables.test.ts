import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../bench/haystack/random.ts";
import { firstMerges } from "../../tools/bake_first_merges.ts";
import { pairTable } from "../../tools/bake_pair_table.ts";
import { pairBase } from "../../tools/bake_pairs.ts";
import { encodings } from "./bpe_module.ts";
import { PlainMerges, TablesModule } from "./bpe_tables_module.ts";
import { onePiece } from "./bpe_worst.ts";

const noRank = pairBase - 1;
const lowerCase = [..."abcdefghijklmnopqrstuvwxyz"];

let tables: TablesModule;
beforeAll(async () => {
  tables = await TablesModule.load();
});

describe.each(encodings)("the tables of %s", (name, number) => {
  let plain: PlainMerges;
  beforeAll(() => {
    plain = new PlainMerges(name);
  });

  function expectPlainCounts(pieces: Iterable<Uint8Array>): void {
    const wrong: string[] = [];
    for (const piece of pieces) {
      const counted = tables.merged(number, piece);
      const expected = plain.count(piece);
      if (counted === expected) continue;
      wrong.push(`${Buffer.from(piece).toString("hex")}: ${counted} instead of ${expected}`);
    }
    expect(wrong.slice(0, 10)).toEqual([]);
  }

  it("have every merge", () => {
    const wrong: number[] = [];
    for (const [pair, token] of plain.pairs) {
      const [left, right] = [Math.floor(pair / pairBase), pair % pairBase];
      if (tables.exports.mergedRank(number, left, right) !== token) wrong.push(token);
    }
    expect(wrong).toEqual([]);
  });

  it("have no other merge", () => {
    const random = new Random(1);
    const wrong: string[] = [];
    const parts = [...plain.pairs.keys()];
    for (let i = 0; i < 1_000_000; i++) {
      // Half of these share a token with a merge, which puts them near it.
      const pair = random.pick(parts);
      const left = i & 1 ? Math.floor(pair / pairBase) : random.below(plain.tokens.length);
      const right = random.below(plain.tokens.length);
      const expected = plain.pairs.get(left * pairBase + right) ?? noRank;
      if (tables.exports.mergedRank(number, left, right) !== expected)
        wrong.push(`${left} ${right}`);
    }
    expect(wrong).toEqual([]);
  });

  it("merge all words of three letters, and four of the commonest, as the plain way does", () => {
    const three = lowerCase.flatMap((a) => lowerCase.map((b) => a + b));
    expectPlainCounts(three.flatMap((ab) => lowerCase.map((c) => Buffer.from(` ${ab}${c}`))));
    const common = [..."etaoinshr T"];
    const two = common.flatMap((a) => common.map((b) => a + b));
    expectPlainCounts(two.flatMap((ab) => two.map((cd) => Buffer.from(ab + cd))));
  });

  it("merge drawn bytes of every kind and length as the plain way does", () => {
    const random = new Random(2);
    const kinds: (() => number)[] = [
      () => 0x61 + random.below(26),
      () => 0x61 + random.below(3),
      () => random.below(256),
      () => 0x20 + random.below(95),
      () => 0x80 + random.below(64),
      () => random.pick([0xd0, 0xd1, 0xe3, 0xe4, 0xe5, 0xec, 0x81, 0x82, 0xb0, 0xbe]),
      () => random.pick([0x20, 0x0a, 0x0d, 0x09]),
    ];
    const drawn = Array.from({ length: 6000 }, (_, i) => {
      const kind = kinds[i % kinds.length]!;
      return Uint8Array.from({ length: 1 + random.below(i % 5 === 0 ? 150 : 24) }, kind);
    });
    expectPlainCounts(drawn);
  });

  it("merge tokens put together, also of halves, as the plain way does", () => {
    const random = new Random(3);
    const drawn = Array.from({ length: 4000 }, () => {
      const some = Array.from({ length: 1 + random.below(6) }, () => random.pick(plain.tokens));
      const all = Buffer.concat(some);
      return all.subarray(random.below(Math.min(3, all.length)), Math.min(all.length, 200));
    });
    expectPlainCounts(drawn);
  });

  it("lead to the same tokens in spans, whose seams hold exactly where tokens meet", () => {
    const random = new Random(4);
    for (const family of Object.values(onePiece)) {
      const piece = family(200, 5);
      const ends = plain.ends(piece);
      expect(tables.span(number, piece)).toEqual(ends);
      for (let i = 0; i + 1 < ends.length; i++) {
        const two = piece.subarray(ends[i - 1] ?? 0, ends[i + 1]);
        const seam = ends[i]! - (ends[i - 1] ?? 0);
        expect(tables.holds(number, two, seam)).toBe(true);
        const other = random.below(two.length + 1);
        if (other !== seam) expect(tables.holds(number, two, other)).toBe(false);
      }
    }
  });

  it("lead to the same count in windows of any size, and where only a whole piece will do", () => {
    for (const family of Object.values(onePiece)) {
      const piece = family(1500, 6);
      const expected = plain.count(piece);
      for (const windowTokens of [0, 24, 31, 48, 62, 63, 64, 65, 128, 256]) {
        expect(tables.merged(number, piece, windowTokens), `${windowTokens}`).toBe(expected);
      }
    }
  });

  it("give back what windows longer than the usual had to borrow", () => {
    const piece = Buffer.from(`${" ".repeat(700)}\n`.repeat(9));
    const before = tables.merged(number, piece);
    const { memoryBytes } = tables;
    for (let i = 0; i < 300; i++) expect(tables.merged(number, piece, 24)).toBe(before);
    expect(tables.memoryBytes).toBe(memoryBytes);
  });
});

describe("a table of merges", () => {
  it("holds any number of them, in little over six bytes each where they are many", () => {
    for (const merges of [1, 2, 300, 20_000]) {
      const pairs = new Map<number, number>();
      for (let i = 0; i < merges; i++)
        pairs.set((i % 211) * pairBase + ((i * 7919) % 65_521), 256 + i);
      const { entries, slots } = pairTable(pairs);
      if (pairs.size > 10_000)
        expect((entries.byteLength + slots.length) / pairs.size).toBeLessThan(6.5);
      expect(slots.length).toBeGreaterThan(5 * pairs.size);
    }
  });

  it("refuses a token that takes more than 18 bits", () => {
    expect(() => pairTable(new Map([[1 * pairBase + 2, pairBase - 2]]))).not.toThrow();
    expect(() => pairTable(new Map([[1 * pairBase + 2, pairBase]]))).toThrow(/262144/);
  });
});

describe("merges that come first", () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const pair = (left: number, right: number): number => left * pairBase + right;
  const [a, b, c] = [0x61, 0x62, 0x63];

  /** Whether `ab` comes first in front of `c`. */
  function comesFirst(pairs: [number, number][]): boolean {
    const { byteClasses, classes, cells } = firstMerges(new Map(pairs), bytes);
    const cell = (x: number, y: number) => cells[byteClasses[x]! * classes + byteClasses[y]!]!;
    return ((cell(a, b) >> 2) & 0x3ff) < cell(b, c) >>> 22;
  }

  it("are not those that a token which begins with the next byte may forestall", () => {
    const others: [number, number][] = Array.from({ length: 8 }, (_, i) => [
      pair(b, 0x70 + i),
      300 + i,
    ]);
    expect(comesFirst([...others, [pair(a, b), 301]])).toBe(true);
    expect(comesFirst([[pair(b, c), 256], ...others, [pair(a, b), 320]])).toBe(false);
    // `b` + `cd` comes before `ab`, though `bc` does not.
    const behind: [number, number][] = [
      [pair(c, 0x64), 256],
      [pair(b, 256), 257],
    ];
    expect(comesFirst([...behind, ...others, [pair(a, b), 320], [pair(b, c), 400]])).toBe(false);
  });

  it("are not those whose token merges on at a lower rank than its own", () => {
    const ranks: [number, number][] = [
      [pair(a, b), 300],
      [pair(300, c), 299],
    ];
    expect(comesFirst(ranks)).toBe(false);
  });

  it("need a byte that never merges, to stand for the end", () => {
    expect(() => firstMerges(new Map([[pair(a, 0xff), 256]]), bytes)).toThrow(/255 merges/);
  });
});
