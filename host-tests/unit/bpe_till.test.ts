import { beforeAll, describe, expect, it } from "vitest";
import { drawText } from "../property/bpe_texts.ts";
import { BpeModule, encodings, referenceCount } from "./bpe_module.ts";
import { families, type Family } from "./bpe_worst.ts";

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

describe.each(encodings)("counting up to a limit with %s", (name, number) => {
  /** Up to the limit the count is the count; beyond it no more is said than that it is beyond. */
  function expectConsistent(text: Uint8Array, limits: Iterable<number>): void {
    const expected = referenceCount(name, text);
    for (const tokensMax of limits) {
      const counted = bpe.countTill(number, text, tokensMax);
      const told = `${text.length} bytes till ${tokensMax}`;
      if (tokensMax >= expected) expect(counted, told).toBe(expected);
      else expect(counted, told).toBeGreaterThan(tokensMax);
      expect(counted, told).toBeLessThanOrEqual(expected);
    }
  }

  it("answers rightly for every limit around the count, and far from it", () => {
    for (let index = 0; index < 300; index++) {
      const { bytes } = drawText(21, index);
      const expected = referenceCount(name, bytes);
      expectConsistent(bytes, around(expected));
      if (expected < 40) expectConsistent(bytes, Array(expected + 2).keys());
    }
  });

  it("does so for texts as long as the steps it takes, and a little more and less", () => {
    const parts = Array.from({ length: 400 }, (_, index) => drawText(22, index).bytes);
    const long = Buffer.concat(parts);
    for (const bytes of [1023, 1024, 1025, 4095, 4096, 4097, 8191, 8192, 8193, 16_385]) {
      const text = long.subarray(0, bytes);
      expectConsistent(text, around(referenceCount(name, text)));
    }
  });

  it.each(Object.entries<Family>(families))("does so for %s", (_, family) => {
    const text = family(5000, 23);
    expectConsistent(text, around(referenceCount(name, text)));
  });

  it("takes any limit there is", () => {
    const till = (tokensMax: bigint): bigint =>
      bpe.withBytes("one two three", (ptr, bytes) =>
        bpe.exports.countTill(number, ptr, bytes, tokensMax),
      );
    for (const tokensMax of [3n, 0xffffffffn, 0x100000000n, 2n ** 63n, 2n ** 64n - 1n]) {
      expect(till(tokensMax)).toBe(3n);
    }
    expect(till(0n)).toBeGreaterThan(0n);
  });

  // Where the text is one piece, nothing is known of it before the cap of 64 KiB.
  it.each<[kind: string, least: number]>([
    ["words", 20],
    ["random bytes", 20],
    ["letters and digits", 20],
    ["mixed whitespace", 4],
    ["one letter", 4],
  ])("stops soon behind the limit: %s", (kind, least) => {
    const text = longTexts(kind);
    const millis = (tokensMax: number): number => {
      let fastest = Infinity;
      for (let tries = 0; tries < 3; tries++) {
        bpe.withBytes(text, (ptr, bytes) => {
          const start = performance.now();
          const counted = bpe.exports.countTill(number, ptr, bytes, BigInt(tokensMax));
          fastest = Math.min(fastest, performance.now() - start);
          expect(Number(counted) > tokensMax).toBe(tokensMax < text.length);
        });
      }
      return fastest;
    };
    const whole = millis(text.length);
    expect(millis(10)).toBeLessThan(whole / least);
    expect(millis(1000)).toBeLessThan(whole / Math.min(least, 10));
  });
});

const drawn = new Map<string, Uint8Array>();

/** A MiB, the same for both encodings. */
function longTexts(kind: string): Uint8Array {
  const words: Family = (bytes) => Buffer.alloc(bytes, "of the many words ");
  const family = kind === "words" ? words : families[kind as keyof typeof families];
  const text = drawn.get(kind) ?? family(1 << 20, 1);
  drawn.set(kind, text);
  return text;
}

function* around(expected: number): Generator<number> {
  for (let off = -6; off <= 6; off++) yield Math.max(0, expected + off);
  for (const part of [0, 1, 2, 10]) yield part;
  for (const part of [1, 2, 3]) yield Math.floor((expected * part) / 4);
  yield expected * 2 + 1;
}
