import { beforeAll, describe, expect, it } from "vitest";
import { BpeModule, encodings, referenceCount } from "./bpe_module.ts";
import { BpeTwin } from "./bpe_twin.ts";
import { families, type Family, onePiece } from "./bpe_worst.ts";

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** A stream is exact for whatever it has to keep as long as that is shorter than 64 KiB. */
const streamedBytes = 65_000;
const mebibyte = 1 << 20;
/** One family for each way that a long text can go; `npm run soak -- tokens` takes them all. */
const longest: (keyof typeof families)[] = [
  "one letter",
  "random letters",
  "Han characters",
  "mixed whitespace",
];
const patienceMs = 300_000;
/** Of the time for twice the text. */
const ratioMax = 2.6;
/** What takes this long is measured once: the clock has no part in it. */
const slowMicros = 500_000;

describe.each(encodings)("long pieces of %s", (name, number) => {
  let twin: BpeTwin;
  beforeAll(async () => {
    twin = await BpeTwin.load(name);
  });

  it.each(Object.entries(families))("are counted exactly: %s", (_, family) => {
    for (const bytes of [200, 257, 900, 3000]) {
      const text = family(bytes, bytes);
      expect(bpe.countWhole(number, text), `${bytes}`).toBe(referenceCount(name, text));
    }
  });

  it.each(Object.entries(onePiece))("are merged as one piece: %s", (_, family) => {
    for (const bytes of [1, 2, 15, 16, 17, 63, 64, 65, 127, 129, 255, 256, 257, 511, 700, 1500]) {
      const text = Buffer.from(decoder.decode(family(bytes, bytes)));
      const expected = twin.countPiece(text);
      if (text.length > 0) expect(bpe.piece(number, text), `${bytes}`).toBe(expected);
      if (text.length > 0) expect(bpe.longPiece(number, text), `${bytes}`).toBe(expected);
    }
  });

  it.each(Object.entries(onePiece))("are merged in short spans, whose seams fail: %s", (_, of) => {
    const text = Buffer.from(decoder.decode(of(400, 7)));
    const expected = twin.countPiece(text);
    for (const spanBytes of [1, 2, 4, 8, 16, 32, 64, 128, 1024]) {
      expect(bpe.piece(number, text, spanBytes), `spans of ${spanBytes}`).toBe(expected);
    }
  });

  it.each(Object.entries(families))("are counted as the plain twin does: %s", (_, family) => {
    const text = family(streamedBytes, 64);
    const expected = twin.count(decoder.decode(text));
    expect(bpe.countWhole(number, text)).toBe(expected);
    expect(bpe.count(number, text)).toBe(expected);
    for (const chunkBytes of [4, 1000, 16_384]) {
      expect(bpe.countInChunks(number, text, chunkBytes), `chunks of ${chunkBytes}`).toBe(expected);
    }
  });

  it.each(longest)("of a MiB are, too: %s", { timeout: patienceMs }, (family) => {
    const text = families[family](mebibyte, 20);
    const expected = twin.count(decoder.decode(text));
    expect(bpe.countWhole(number, text)).toBe(expected);
    expect(bpe.count(number, text)).toBe(expected);
    expect(bpe.countInChunks(number, text, 1000)).toBe(expected);
  });

  it.each(Object.entries(families))("take time in step with their length: %s", (_, family) => {
    const half = texts(family, 1 << 17);
    const full = texts(family, 1 << 18);
    const micros = (some: Uint8Array[]): number =>
      leastCpuMicros(some, (text) => bpe.countWhole(number, text));
    // Twice the text takes twice the time; were any of it quadratic, four times. Noise can make
    // the ratio greater, but hardly three times in a row.
    let least = Infinity;
    for (let tries = 0; tries < 3 && least >= ratioMax; tries++) {
      least = Math.min(least, micros(full) / micros(half));
    }
    expect(least).toBeLessThan(ratioMax);
  });

  it("take time in step with their length when they arrive byte by byte", () => {
    const timeOf = (bytes: number): number =>
      leastCpuMicros([1, 2, 3, 4, 5], (seed) => {
        bpe.countInChunks(number, families["random letters"](bytes, seed), 1);
      });
    const short = timeOf(2000);
    expect(timeOf(32_000) / short).toBeLessThan(50);
  });
});

const drawnTexts = new Map<string, Uint8Array[]>();

/** Three texts of a family, the same for both encodings. */
function texts(family: Family, bytes: number): Uint8Array[] {
  const key = `${Object.values(families).indexOf(family)} ${bytes}`;
  const known = drawnTexts.get(key) ?? [1, 2, 3].map((seed) => family(bytes, bytes + seed));
  drawnTexts.set(key, known);
  return known;
}

/** Time of the processor and not of the clock: tests that run beside this one take that away. */
function leastCpuMicros<T>(items: T[], run: (item: T) => unknown): number {
  let least = Infinity;
  for (const item of items) {
    if (least > slowMicros && least < Infinity) break;
    const before = process.cpuUsage();
    run(item);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}
