import { beforeAll, describe, expect, it } from "vitest";
import { BpeModule, encodings, referenceCount } from "./bpe_module.ts";

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

/** Letters in an order that looks random and is the same in every run. */
function letters(count: number, alphabet: string): string {
  let state = 12345;
  let text = "";
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    text += alphabet[(state >>> 16) % alphabet.length];
  }
  return text;
}

/** Each begins a piece that grows with it. */
const families: Record<string, (count: number) => string> = {
  "one letter": (count) => "a".repeat(count),
  "random letters": (count) => letters(count, "abcdefghijklmnopqrstuvwxyz"),
  "letters of a few tokens": (count) => letters(count, "ab"),
  capitals: (count) => letters(count, "ETAOINSHR"),
  "a caseless letter, then capitals": (count) => `日${"A".repeat(count)}`,
  spaces: (count) => " ".repeat(count),
  "spaces and tabs": (count) => letters(count, " \t"),
  newlines: (count) => letters(count, "\n\r "),
  underscores: (count) => "_".repeat(count),
  punctuation: (count) => letters(count, "!?.,;:-=+*#"),
  "Han characters": (count) => letters(count / 3, "日本語漢字仮名交文章東京大学校生活"),
  "marks without a letter": (count) => "\u0301".repeat(count / 2),
  "bytes that are not UTF-8": (count) => "\ufffd".repeat(count / 3),
};

describe.each(encodings)("long pieces of %s", (name, number) => {
  it.each(Object.entries(families))("are counted exactly: %s", (_, text) => {
    for (const count of [200, 257, 900, 3000]) {
      expect(bpe.count(number, text(count)), `${count}`).toBe(referenceCount(name, text(count)));
    }
  });

  it("are the same in short windows, whose seams often do not hold", () => {
    for (const alphabet of ["abcdefghijklmnopqrstuvwxyz", "ab", "aeinorst", "日本語漢字"]) {
      const text = letters(400, alphabet);
      const expected = referenceCount(name, text);
      for (const windowBytes of [1, 2, 4, 8, 16, 32, 64, 128, 1024]) {
        const tokens = bpe.withBytes(text, (ptr, bytes) =>
          bpe.exports.piece(number, ptr, bytes, windowBytes),
        );
        expect(tokens, `${alphabet} in windows of ${windowBytes}`).toBe(expected);
      }
    }
  });

  it.each(Object.entries(families))("take time in step with their length: %s", (_, text) => {
    const timeOf = (count: number): number => {
      const long = text(count);
      return bpe.withBytes(long, (ptr, bytes) =>
        leastCpuMicros(() => bpe.exports.count(number, ptr, bytes)),
      );
    };
    // Sixteen times the text: 256 times the work if any part of it were quadratic.
    const short = timeOf(15_000);
    expect(timeOf(240_000) / short).toBeLessThan(50);
  });

  it("take time in step with their length when they arrive byte by byte", () => {
    const timeOf = (count: number): number => {
      const long = "a".repeat(count);
      return bpe.withBytes(long, (ptr, bytes) =>
        leastCpuMicros(() => bpe.exports.countInChunks(number, ptr, bytes, 1)),
      );
    };
    const short = timeOf(2000);
    expect(timeOf(32_000) / short).toBeLessThan(50);
  });
});

/** Time of the processor and not of the clock: tests that run beside this one take that away. */
function leastCpuMicros(run: () => unknown): number {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}
