import { isUtf8 } from "node:buffer";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../bench/haystack/random.ts";
import { publishedTokens } from "../../tools/bake.ts";
import { rootDir } from "../../tools/build.ts";
import { casesIn } from "../cases/runner.ts";
import { controlTexts } from "../property/bpe_alphabet.ts";
import { asScript } from "../property/bpe_fault.ts";
import { drawText } from "../property/bpe_texts.ts";
import { BpeModule, encodings, referenceCount } from "./bpe_module.ts";

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

const lengths = [1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257];
const floodWords = 120_000;

describe.each(encodings)("%s", (name, number) => {
  /** Texts one after the other, so that each may be answered from what those before it left. */
  function expectAllEqual(texts: Iterable<string | Uint8Array>): void {
    const wrong: string[] = [];
    for (const text of texts) {
      const expected = referenceCount(name, text);
      const counted = bpe.countWhole(number, text);
      if (counted !== expected) {
        wrong.push(`${asScript(Buffer.from(text))}: ${counted} instead of ${expected}`);
      }
      if (wrong.length === 10) break;
    }
    expect(wrong).toEqual([]);
  }

  it("counts nothing in nothing", () => {
    expect(bpe.countWhole(number, "")).toBe(0);
    expect(bpe.count(number, "")).toBe(0);
    expect(bpe.countTill(number, "", 0)).toBe(0);
    expect(bpe.countChunks(number, [])).toBe(0);
    expect(bpe.countChunks(number, [Buffer.alloc(0), Buffer.from("a"), Buffer.alloc(0)])).toBe(1);
  });

  it("counts what every object inherits as the words they are", () => {
    const names = Object.getOwnPropertyNames(Object.prototype).concat("prototype", "toJSON");
    for (const [before, behind] of ["", " ", ".", ").", "'", "\n"].flatMap((c) => [
      [c, ""],
      [c, "()"],
    ])) {
      expectAllEqual(names.map((word) => before + word + behind));
    }
  });

  it("counts control tokens in a text as the text they are", () => {
    for (const control of controlTexts) {
      expectAllEqual([control, ` ${control}`, `a${control}b`, `${control}\n${control}`]);
    }
    for (const control of ["<|endoftext|>", "<|endofprompt|>", "<|im_start|>", "<|im_end|>"]) {
      expect(bpe.countWhole(number, control), control).toBeGreaterThan(1);
    }
  });

  it("counts the text of every token", () => {
    expectAllEqual(publishedTokens(name));
  });

  it("counts tokens side by side, and three of them", () => {
    const tokens = publishedTokens(name);
    const random = new Random(3);
    const draw = (): Uint8Array => random.pick(tokens);
    expectAllEqual(Array.from({ length: 20_000 }, () => Buffer.concat([draw(), draw()])));
    expectAllEqual(Array.from({ length: 10_000 }, () => Buffer.concat([draw(), draw(), draw()])));
  });

  it("counts tokens that begin or end inside a character, in texts that hold them", () => {
    const random = new Random(9);
    const parts = publishedTokens(name).filter((token) => !isUtf8(Buffer.from(token)));
    expect(parts.length).toBeGreaterThan(500);
    for (const token of parts) {
      expectAllEqual(Array.from({ length: 12 }, () => completed(token, random)));
    }
  });

  it("counts tokens with a capital behind a small letter, in longer words", () => {
    const random = new Random(13);
    const humps = publishedTokens("cl100k_base").filter((token) =>
      /[a-z][A-Z]/.test(`${Buffer.from(token)}`),
    );
    const few = (most: number): string =>
      Array.from({ length: random.below(most + 1) }, () => random.pick([..."aeionrstAES"])).join(
        "",
      );
    for (let index = 0; index < 20_000; index++) {
      const [one, two] = [random.pick(humps), random.pick(humps)];
      const word = `${few(8)}${Buffer.from(one)}${few(2)}${Buffer.from(two)}${few(8)}`;
      expectAllEqual([word]);
    }
  });

  it("counts pieces of every length that fills something, cold and again", () => {
    const random = new Random(4);
    for (const letters of ["aeiounst", "ETAON", "!#*-.", "日本語漢字", "éàüß", "\0\x01", " \t"]) {
      const texts = lengths.flatMap((length) => {
        const word = Array.from({ length }, () => random.pick([...letters])).join("");
        const one = (letters[0] ?? "").repeat(length);
        return [word, ` ${word}`, `${word} `, one, ` ${one}x`, `x\n${one}\n`];
      });
      expectAllEqual([...texts, ...texts, ...texts.reverse()]);
    }
  });

  it("tells pieces apart that differ in one byte, in length, or in zeros behind them", () => {
    expectAllEqual(alike("abcdefghijklmnopqrstuvwxyzabcdefgh", ["b", "z"]));
    expectAllEqual(alike("!?.,;:-=+*#%&!?.,;:-=+*#%&!?.,;:-=", ["\0", "\x01", "^"]));
    expectAllEqual(alike("\0".repeat(34), ["!", "\x01"]));
    expectAllEqual(alike(" ".repeat(34), ["\t", "\u00a0"]));
  });

  it("tells many pieces apart that differ in eight bytes of 15 or 31 alone", () => {
    const random = new Random(10);
    for (const [bytes, varied] of [
      [15, 0],
      [15, 7],
      [31, 0],
      [31, 8],
      [31, 16],
      [31, 23],
    ] as const) {
      const words = Array.from({ length: 12_000 }, () => {
        const letters = Array.from({ length: 8 }, () => 97 + random.below(26));
        const word = Buffer.alloc(bytes, " internationalizationinternational");
        return word.fill(Buffer.from(letters), varied, varied + 8).fill(" ", 0, 1);
      });
      const text = Buffer.concat(words);
      expect(bpe.countWhole(number, text), `${bytes}, ${varied}`).toBe(referenceCount(name, text));
    }
  });

  it("counts the same after many other pieces, and those again", () => {
    const random = new Random(5);
    const words = Array.from({ length: floodWords }, () => wordOf(random)).join("");
    const samples = Array.from({ length: 500 }, (_, index) => drawText(6, index).bytes);
    expectAllEqual(samples);
    const expected = referenceCount(name, words);
    expect(bpe.countWhole(number, words)).toBe(expected);
    expectAllEqual(samples.reverse());
    expect(bpe.countWhole(number, words)).toBe(expected);
    expect(bpe.countInChunks(number, words, 5)).toBe(expected);
  });

  it("reads 32 bytes behind a text at most, wherever it lies", () => {
    const { memory } = bpe.exports;
    const page = memory.grow(1) * 65536;
    for (let length = 0; length < 200; length++) {
      const ptr = page + 65536 - 32 - length;
      for (const unit of ["word it's 12\n", "日本語 ", " ", "a", "\u0301", "!\n/"]) {
        const bytes = Buffer.from(unit.repeat(200)).subarray(0, length);
        const view = new Uint8Array(memory.buffer);
        view.set(bytes, ptr);
        view.fill(length, ptr + length);
        const counted = bpe.exports.countWhole(number, ptr, length);
        expect(Number(counted), asScript(bytes)).toBe(referenceCount(name, bytes));
      }
    }
  });
});

describe("two encodings", () => {
  it("do not answer for each other when the same text is counted with both in turn", () => {
    const wrong: string[] = [];
    for (let index = 0; index < 2000; index++) {
      const { bytes } = drawText(8, index);
      for (const [name, number] of [...encodings, ...encodings]) {
        const counted = bpe.countWhole(number, bytes);
        if (counted !== referenceCount(name, bytes)) wrong.push(`${name}: ${asScript(bytes)}`);
      }
    }
    expect(wrong.slice(0, 5)).toEqual([]);
  });
});

describe("the cases of tokens", () => {
  it("expect what the reference counts", () => {
    const cases = casesIn(join(rootDir, "host-tests/cases/tokens"));
    expect(cases.length).toBeGreaterThan(50);
    for (const { title, input, log } of cases) {
      const counted = encodings.map(([name]) => `${name} ${referenceCount(name, input)}`);
      expect(log, title).toEqual(counted);
    }
  });
});

/** Every prefix, the same with one byte changed, and the first again in between. */
function* alike(text: string, others: string[]): Generator<string> {
  for (let length = 1; length <= text.length; length++) {
    const prefix = text.slice(0, length);
    yield prefix;
    for (let at = 0; at < length; at++) {
      for (const other of others) yield prefix.slice(0, at) + other + prefix.slice(at + 1);
      yield prefix;
    }
    for (const other of others) yield prefix + other;
    yield `${prefix}\0`;
    yield `${prefix}\0\0`;
    yield `${prefix}!`;
    yield `${prefix}!\0`;
  }
}

/** A text around a token that is none: bytes before and behind it, until it is well-formed. */
function completed(token: Uint8Array, random: Random): Uint8Array {
  for (let tries = 0; tries < 2000; tries++) {
    const before = Array.from({ length: random.below(4) }, (_, at) =>
      at === 0 ? 0xc2 + random.below(0x33) : 0x80 + random.below(0x40),
    );
    const behind = Array.from({ length: random.below(4) }, () => 0x80 + random.below(0x40));
    const text = Buffer.from([...before, ...token, ...behind]);
    if (isUtf8(text)) return text;
  }
  return token;
}

/** A word that is hardly ever drawn twice. */
function wordOf(random: Random): string {
  const length = random.below(4) === 0 ? 15 + random.below(17) : 2 + random.below(13);
  let word = " ";
  for (let left = length; left > 0; left--) word += String.fromCharCode(97 + random.below(26));
  return word;
}
