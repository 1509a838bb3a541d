import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { BpeModule, encodings, referenceCount } from "../unit/bpe_module.ts";

/** FUZZ_STRINGS=1000000 FUZZ_SEED=7 for a longer search; a failure prints its seed and path. */
const run = {
  numRuns: Number(process.env.FUZZ_STRINGS ?? 3000),
  seed: Number(process.env.FUZZ_SEED ?? 20240513),
};

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

const words = [
  "the",
  " of",
  "toLocaleString",
  "'ll",
  "'S",
  "It",
  " 2024",
  "http://",
  "\r\n",
  "    ",
];
const planes = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0x80, max: 0x2fff }) },
  { weight: 3, arbitrary: fc.integer({ min: 0x3000, max: 0xd7ff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0xe000, max: 0xffff }) },
  { weight: 2, arbitrary: fc.integer({ min: 0x10000, max: 0x1ffff }) },
  { weight: 1, arbitrary: fc.integer({ min: 0x20000, max: 0x10ffff }) },
);
const character = fc.oneof(
  fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
  planes.map((c) => String.fromCodePoint(c)),
  fc.constantFrom("a", "E", "é", "Ж", "日", "の", "한", "ع", "न", "\u0301", "7", "😀"),
  fc.constantFrom(" ", "\t", "\n", "\r", "\u0085", "\u00a0", "\ufeff", "'", "/", "ſ"),
);
const repeated = fc.tuple(character, fc.integer({ min: 1, max: 40 })).map(([c, n]) => c.repeat(n));
const part = fc.oneof(
  { weight: 4, arbitrary: character },
  { weight: 3, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: repeated },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 30 }) },
);
const text = fc.array(part, { maxLength: 60, size: "max" }).map((parts) => parts.join(""));
const cuts = fc.array(fc.nat(2000), { maxLength: 12, size: "max" });

describe.each(encodings)("any text counted with %s", (name, number) => {
  it("has the reference's count, whole and in chunks", () => {
    const property = fc.property(text, cuts, (sample, at) => {
      const expected = referenceCount(name, sample);
      expect(bpe.count(number, sample)).toBe(expected);
      expect(bpe.countChunks(number, cutAt(Buffer.from(sample), at))).toBe(expected);
    });
    fc.assert(property, run);
  });

  it("has the count of its replacement characters where it is not UTF-8", () => {
    const bytes = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 6 }),
        text.map((sample) => Buffer.from(sample)),
      ),
      { maxLength: 6, size: "max" },
    );
    const property = fc.property(bytes, cuts, (parts, at) => {
      const sample = Buffer.concat(parts);
      const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(sample);
      const expected = referenceCount(name, decoded);
      expect(bpe.count(number, sample)).toBe(expected);
      expect(bpe.countChunks(number, cutAt(sample, at))).toBe(expected);
    });
    fc.assert(property, { ...run, numRuns: Math.ceil(run.numRuns / 4) });
  });
});

function cutAt(bytes: Buffer, cuts: number[]): Buffer[] {
  const edges = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
  return [...edges, bytes.length].map((edge, i) => bytes.subarray(edges[i - 1] ?? 0, edge));
}
