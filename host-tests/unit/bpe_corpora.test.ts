import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { corpora, corporaDir, cutCorpus, requests } from "../../bench/tokens/corpora/corpora.ts";
import { BpeModule, encodings, referenceCount } from "./bpe_module.ts";

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

/** Those that are at hand: what a bench has to fetch first is counted once it has been. */
const atHand = [...corpora, requests].filter(
  ({ name, fetched }) => !fetched || existsSync(join(corporaDir, `${name}.txt`)),
);

describe("the texts of the bench", () => {
  it.each(atHand)("have the reference's counts: $name", { timeout: 300_000 }, (corpus) => {
    const text = readFileSync(cutCorpus(corpus).path);
    for (const [name, number] of encodings) {
      const expected = referenceCount(name, text);
      expect(bpe.countWhole(number, text), name).toBe(expected);
      expect(bpe.countWhole(number, text), `${name}, seen before`).toBe(expected);
      expect(bpe.countTill(number, text, expected), `${name}, up to a limit`).toBe(expected);
      for (const chunkBytes of [4, 1000]) {
        const told = `${name} in chunks of ${chunkBytes}`;
        expect(bpe.countInChunks(number, text, chunkBytes), told).toBe(expected);
      }
    }
  });
});
