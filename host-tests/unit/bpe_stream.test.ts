import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../bench/haystack/random.ts";
import { illFormed } from "../property/bpe_alphabet.ts";
import { drawText } from "../property/bpe_texts.ts";
import { BpeModule, encodings, referenceCount } from "./bpe_module.ts";
import { families, type Family } from "./bpe_worst.ts";

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

/** Short texts in which nearly every byte changes what the ones before it mean. */
const shortTexts = [
  "it's 12345 !\n/x",
  " \n \n  x\r\n\r\n y",
  "日A日AAé\u0301B's",
  "a\u0085\ufeff \u2028 's",
  "👩‍👧🇩🇪 é",
  "IT'ſ'LL've'R",
  "//\n//\n1²3 ",
  "\0\0a\0 \0",
  "\u{10ffff}\u{323b0} x",
];

/** More than a stream keeps before it looks. */
const prefix = Buffer.alloc(540, "It's 512 bytes of words, or more. ");

/** What models write: a sentence or two in several scripts, some code, a list. */
const natural = [
  "The turnstile counts every visitor once, and it's never wrong; that is all it's for.",
  "Die Größe der Übertragung wird vorher geschätzt, nachher abgerechnet und ausgewiesen.",
  "Съешь же ещё этих мягких французских булок, да выпей чаю. Потом посчитай всё заново.",
  "日本語の文章はたいてい空白を含まないので、句読点までが一つの長い断片になることがある。",
  "中文文本也没有空格，所以一个句子往往就是一整段，直到标点符号为止。",
  "كل نص عربي مكتوب من اليمين إلى اليسار، وفيه كلمات قصيرة وأخرى طويلة جدا.",
  "यह हिंदी में लिखा हुआ एक वाक्य है, जिसमें बहुत सारे मात्रा चिह्न हैं।",
  "```ts\nexport function add(a: number, b: number): number {\n  return a + b;\n}\n```\n",
  "1. First, install it.\n2. Then start it.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
  "Well done! 🎉🎉 You've earned 3 points 👍🏽 and a family trip 👩‍👩‍👧‍👦.\n",
].map((text) => Buffer.from(text));

describe.each(encodings)("a stream counted with %s", (name, number) => {
  it("has the count of its text when short texts are cut at any two places", () => {
    for (const text of shortTexts) expectAtAllPairsOfCuts(Buffer.from(text));
  });

  it("has it when bytes that are not UTF-8 are cut at any two places", () => {
    for (const broken of illFormed) {
      for (const [before, behind] of [
        ["a", "b"],
        ["é", "\u{1f600}"],
        ["", ""],
      ] as const) {
        expectAtAllPairsOfCuts(Buffer.concat([Buffer.from(before), broken, Buffer.from(behind)]));
      }
    }
  });

  /** Alone, and behind so many bytes that what is in hand when a chunk ends is looked at. */
  function expectAtAllPairsOfCuts(text: Buffer): void {
    for (const before of [Buffer.alloc(0), prefix]) {
      const bytes = Buffer.concat([before, text]);
      const expected = referenceCount(name, bytes);
      const wrong: string[] = [];
      for (let first = before.length; first <= bytes.length; first++) {
        for (let second = first; second <= bytes.length; second++) {
          const counted = bpe.countCut(number, bytes, [first, second]);
          if (counted !== expected) wrong.push(`${first}, ${second}: ${counted}`);
        }
      }
      expect(wrong, `${text.toString("hex")} has ${expected}`).toEqual([]);
    }
  }

  it("has it when words come one by one, wherever those in hand are looked at", () => {
    for (const text of shortTexts) {
      for (let off = 0; off < 40; off++) {
        const bytes = Buffer.concat([prefix.subarray(off, 520), Buffer.from(text)]);
        const expected = referenceCount(name, bytes);
        for (const chunkBytes of [1, 4, 7]) {
          const told = `${text} ${off} bytes earlier, in chunks of ${chunkBytes}`;
          expect(bpe.countInChunks(number, bytes, chunkBytes), told).toBe(expected);
        }
      }
    }
  });

  it("has it for long texts in chunks of any size, empty ones among them", () => {
    const long = longText(number, 300_000);
    const expected = referenceCount(name, long);
    for (const chunkBytes of [1, 4, 61, 4096, long.length]) {
      expect(bpe.countInChunks(number, long, chunkBytes), `chunks of ${chunkBytes}`).toBe(expected);
    }
    for (let seed = 1; seed <= 30; seed++) {
      const chunks = cutAtRandom(long, new Random(seed));
      expect(bpe.countChunks(number, chunks), `seed ${seed}`).toBe(expected);
    }
  });

  it("counts with what came before, wherever a run begins, in chunks of 4 bytes", () => {
    for (const [family, of] of Object.entries<Family>(families)) {
      const text = Buffer.concat([Buffer.from("then "), of(3000, 5), Buffer.from(" it's\n")]);
      const told = `${family} in chunks of 4`;
      expect(bpe.countInChunks(number, text, 4), told).toBe(referenceCount(name, text));
    }
  });
});

describe("streams", () => {
  it("do not disturb each other, however many are open", () => {
    const random = new Random(11);
    const open = Array.from({ length: 300 }, (_, at) => {
      const [name, encoding] = encodings[at % 2]!;
      const text = longText(at, 1 + random.below(1500));
      return { name, text, used: 0, counter: bpe.exports.newCounter(encoding) };
    });
    const wrong: string[] = [];
    while (open.length > 0) {
      const at = random.below(open.length);
      const one = open[at]!;
      const chunk = one.text.subarray(one.used, one.used + random.below(60));
      bpe.withBytes(chunk, (ptr, bytes) => bpe.exports.feed(one.counter, ptr, bytes));
      one.used += chunk.length;
      if (one.used < one.text.length) continue;
      open.splice(at, 1);
      const counted = Number(bpe.exports.finish(one.counter));
      const expected = referenceCount(one.name, one.text);
      if (counted !== expected) wrong.push(`${counted} instead of ${expected}`);
      bpe.exports.free(one.counter);
    }
    expect(wrong).toEqual([]);
  });

  it("hold a KiB at most of natural text, wherever the last chunk ended", async () => {
    const fresh = await loadWarm();
    const random = new Random(12);
    const streams = 1000;
    for (const [name, encoding] of encodings) {
      const before = frontierOf(fresh);
      for (let left = streams; left > 0; left--) {
        const text = Buffer.concat([random.pick(natural), random.pick(natural)]);
        const counter = fresh.exports.newCounter(encoding);
        const end = random.below(text.length);
        for (let at = 0; at < end; at += 4) {
          const chunk = text.subarray(at, Math.min(at + 4, end));
          fresh.withBytes(chunk, (ptr, bytes) => fresh.exports.feed(counter, ptr, bytes));
        }
      }
      expect((frontierOf(fresh) - before) / streams, name).toBeLessThanOrEqual(1024);
    }
  });

  it("hold no more than their cap of hostile text, and give it back", async () => {
    const fresh = await loadWarm();
    const before = frontierOf(fresh);
    for (const [start, unit, heldBytesMax] of hostile) {
      const chunk = Buffer.alloc(1000, unit);
      for (const [, encoding] of encodings) {
        const counter = fresh.exports.newCounter(encoding);
        const feed = (ptr: number, bytes: number): void => fresh.exports.feed(counter, ptr, bytes);
        fresh.withBytes(start, feed);
        for (let fed = 0; fed < 1_000_000; fed += chunk.length) fresh.withBytes(chunk, feed);
        expect(frontierOf(fresh) - before, start).toBeLessThanOrEqual(heldBytesMax);
        fresh.exports.finish(counter);
        fresh.exports.free(counter);
        expect(frontierOf(fresh)).toBe(before);
      }
    }
  });
});

/** The carry's cap of 64 KiB, doubled when it grew, while the old one is still held. */
const cappedBytes = 4 * 65_536;
/** Texts without end: how they begin, how they go on, and how much of them may be kept. */
const hostile: [start: string, unit: string, heldBytesMax: number][] = [
  ["the ", "a", 8192],
  ["the ", "_", 8192],
  ["日", "本語文字の", 8192],
  ["the ", " ", 8192],
  // Whether these belong to the piece is told by what comes behind all of them.
  ["日", "A", cappedBytes],
  ["\n", " ", cappedBytes],
];

/** A module that has what it keeps from the first use of an encoding on. */
async function loadWarm(): Promise<BpeModule> {
  const fresh = await BpeModule.load();
  for (const [, encoding] of encodings) fresh.countWhole(encoding, "first words, 日本語\xff");
  const stepBytes = 1 << 22;
  fresh.exports.free(fresh.exports.alloc(stepBytes));
  return fresh;
}

/** Where the free memory begins: a block that fits no gap is cut from its start. */
function frontierOf({ exports }: BpeModule): number {
  const block = exports.alloc(1 << 18);
  exports.free(block);
  return block;
}

/** Drawn texts in a row. */
function longText(seed: number, bytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let left = bytes, index = 0; left > 0; index++) {
    const { bytes: part } = drawText(seed, index);
    parts.push(part);
    left -= part.length + 1;
  }
  return Buffer.concat(parts);
}

function cutAtRandom(bytes: Uint8Array, random: Random): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = random.below(random.pick([2, 9, 100, 3000]));
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
