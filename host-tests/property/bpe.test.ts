import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../bench/haystack/random.ts";
import { BpeModule, encodings } from "../unit/bpe_module.ts";
import { asScript, faultOf, shrink } from "./bpe_fault.ts";
import { drawCuts, drawText } from "./bpe_texts.ts";

/** FUZZ_STRINGS and FUZZ_SEED draw others; `npm run soak -- tokens` draws a million. */
const strings = Number(process.env.FUZZ_STRINGS ?? 25_000);
const seed = Number(process.env.FUZZ_SEED ?? 20240513);

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

describe.each(encodings)("any text counted with %s", (name, number) => {
  it("has the reference's count, whole, in chunks, cut anywhere and up to a limit", () => {
    const wrong: string[] = [];
    for (let index = 0; index < strings && wrong.length < 5; index++) {
      const { shape, bytes } = drawText(seed, index);
      const fault = faultOf(bpe, [name, number], bytes);
      if (fault === null) continue;
      const least = shrink(bytes, (shorter) => faultOf(bpe, [name, number], shorter) !== null);
      const seen = faultOf(bpe, [name, number], least) ?? fault;
      wrong.push(
        `text ${index} of seed ${seed} (${shape}): ${asScript(least)} counted ${seen.way}: ` +
          `${seen.counted} instead of ${seen.expected}`,
      );
    }
    expect(wrong).toEqual([]);
  });
});

describe("the drawn texts", () => {
  it("are the same whenever they are drawn, of every shape, and mostly short", () => {
    const shapes = new Map<string, number>();
    let bytes = 0;
    for (let index = 0; index < 2000; index++) {
      const { shape, bytes: text } = drawText(1, index);
      expect(Buffer.from(text).equals(drawText(1, index).bytes)).toBe(true);
      shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
      bytes += text.length;
    }
    expect(shapes.size).toBe(16);
    expect(Math.min(...shapes.values())).toBeGreaterThan(15);
    expect(bytes / 2000).toBeGreaterThan(60);
    expect(bytes / 2000).toBeLessThan(350);
    expect(Buffer.from(drawText(2, 0).bytes).equals(drawText(1, 0).bytes)).toBe(false);
  });

  it("are cut in order and within their bytes", () => {
    const random = new Random(5);
    for (let round = 0; round < 1000; round++) {
      const cuts = drawCuts(random, round % 50);
      expect(cuts).toEqual(cuts.toSorted((a, b) => a - b));
      expect(Math.max(0, ...cuts)).toBeLessThanOrEqual(round % 50);
    }
  });
});

describe("a failing text", () => {
  it("is shown at its shortest, as a script that makes it", () => {
    const bytes = Buffer.from(`${"word ".repeat(30)}x\u{1f600}"y${" more".repeat(30)}`);
    const least = shrink(bytes, (shorter) => Buffer.from(shorter).includes('\u{1f600}"'));
    expect(asScript(least)).toBe('"\\u{1f600}\\""');
    expect(asScript(Uint8Array.of(0x61, 0xff))).toBe('Buffer.from("61ff", "hex")');
    expect(asScript(Buffer.from("a\n\\\u0301"))).toBe('"a\\u{a}\\\\\\u{301}"');
  });
});
