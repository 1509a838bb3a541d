/** Where a text may be cut so that the counts of its parts are sure to add up. */
import fc from "fast-check";
import { get_encoding } from "tiktoken";
import { beforeAll, describe, expect, it } from "vitest";
import type { EncodingName } from "../../tools/bake.ts";
import { sourceOf } from "../../tools/vocabularies/all.ts";
import { MemoModule } from "./memo_module.ts";

/** Those that can be built from open packages, one of each kind of pattern, by their numbers. */
const encodings = {
  o200k_base: 1,
  cl100k_base: 2,
  qwen3: 3,
  deepseek_v3: 4,
  mistral_tekken: 6,
} as const;

let memo: MemoModule;
beforeAll(async () => {
  memo = await MemoModule.load({ encodings: Object.keys(encodings) as EncodingName[] });
});

const references = [get_encoding("o200k_base"), get_encoding("cl100k_base")];

/** The rule in words: in the raw content of a JSON string, the first place from `from` on. */
function plainCut(raw: Buffer, from: number): number | null {
  const letter = (at: number): boolean => /^[a-zA-Z]$/.test(String.fromCharCode(raw[at] ?? 0));
  for (let at = from; at + 1 < raw.length; at++) {
    const byte = raw[at] ?? 0;
    const before = raw.subarray(at - 6, at);
    if (byte === 0x20 && letter(at - 1) && letter(at + 1) && !before.includes(0x5c)) return at;
    const feed = raw[at - 1] === 0x6e && raw[at - 2] === 0x5c && raw[at - 3] !== 0x5c;
    if (feed && (letter(at) || (byte >= 0xe4 && byte <= 0xe9))) return at;
  }
  return null;
}

/** Pieces of raw content that come near a cut, and such that only look like one. */
const rawPiece = fc.oneof(
  fc.constantFrom(" ", "a", "z", "Z", "@", "[", "`", "{", "n", "\\n", "\\\\", "\\n", "\\\\n", "好"),
  fc.constantFrom("\\u00ea", "\\u0020", "\\t", '\\"', "é", "á ", "1", "/", "'s", "!", "\\ud83d"),
  fc.constantFrom("word ", " word", "\\n\\n", "鿿", "一", "\u3000", "\u00a0", "😀", "e\u0301"),
);
const raw = fc.array(rawPiece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join("")));

describe("a certain cut", () => {
  it("is where the rule in words has it", () => {
    fc.assert(
      fc.property(raw, fc.integer({ min: 8, max: 20 }), (bytes, from) => {
        const padded = Buffer.concat([Buffer.from("........"), bytes]);
        expect(memo.cut(padded, from)).toBe(plainCut(padded, from));
      }),
      { numRuns: 5000, seed: 1 },
    );
  });

  it("is found wherever it is, and not before", () => {
    for (let at = 8; at < 60; at++) {
      const text = Buffer.from(`${"x".repeat(at)} y${"x".repeat(70 - at)}`);
      expect(memo.cut(text, 8)).toBe(at);
      expect(memo.cut(text, at)).toBe(at);
      expect(memo.cut(text, at + 1)).toBe(null);
      expect(memo.cut(text.subarray(0, at + 2), 8)).toBe(at);
      expect(memo.cut(text.subarray(0, at + 1), 8)).toBe(null);
    }
  });

  it("is none where the letter belongs to an escape", () => {
    const dots = "........";
    for (const text of ["\\u00ea b", "\\n b", "\\\\n b", "a\\\\nb", "\\tb"]) {
      expect(memo.cut(Buffer.from(dots + text)), text).toBe(null);
    }
    expect(memo.cut(Buffer.from(`${dots}\\u00eaabcdef g`))).toBe(20);
    expect(memo.cut(Buffer.from(`${dots}.\\nbc`))).toBe(11);
  });
});

describe("a special token", () => {
  it("has no place in it where a text is cut", () => {
    const all = Object.values(sourceOf).flatMap(({ specials = [] }) => specials);
    expect(all.length).toBeGreaterThan(1000);
    const cut = all.filter((special) => {
      const raw = JSON.stringify(`........${special}........`).slice(1, -1);
      return memo.cut(Buffer.from(raw)) !== null;
    });
    expect(cut).toEqual([]);
  });
});

/** Characters of every class that a splitting pattern tells apart, and what it knows by name. */
const character = fc.oneof(
  fc.constantFrom("a", "Z", "é", "ǅ", "ʰ", "ª", "好", "の", "한", "א", "\u0301", "1", "٣", "Ⅷ"),
  fc.constantFrom(" ", "\n", "\r", "\t", "\u00a0", "\u3000", "\u0085", "\u2028", "\ufeff"),
  fc.constantFrom("'", "'s", "'LL", "\u017f", "!", "/", "_", "-", "。", "😀", "\u200d", "\ufffd"),
  fc.string({ unit: "binary", maxLength: 1 }),
);
const text = fc.array(character, { maxLength: 14 }).map((characters) => characters.join(""));
const letter = fc.constantFrom(..."abkstzAKSZ");

describe("the counts of the parts", () => {
  it("add up at a space between letters", () => {
    fc.assert(
      fc.property(text, letter, letter, text, (before, last, first, behind) => {
        expectSum(before + last, ` ${first}${behind}`);
      }),
      { numRuns: 6000, seed: 2 },
    );
  });

  it("add up behind a line feed that a letter or an ideograph follows", () => {
    const start = fc.oneof(letter, fc.integer({ min: 0x4000, max: 0x9fff }).map(char));
    fc.assert(
      fc.property(text, start, text, (before, first, behind) => {
        expectSum(`${before}\n`, first + behind);
      }),
      { numRuns: 6000, seed: 3 },
    );
  });

  it("need not add up elsewhere, so that the two above could have failed", () => {
    const sums = ["letters", "don't know", "12345", "\n\n\nx", "a\n b"].map((all) =>
      references.map((reference) => {
        const count = (part: string): number => reference.encode_ordinary(part).length;
        const parts = [...all].map((_, at) => count(all.slice(0, at)) + count(all.slice(at)));
        return Math.max(...parts) > count(all);
      }),
    );
    expect(sums).toEqual(sums.map(() => [true, true]));
  });
});

function char(codePoint: number): string {
  return String.fromCodePoint(codePoint);
}

function expectSum(left: string, right: string): void {
  const wellFormed = [left, right].map((part) => Buffer.from(part).toString());
  const all = [wellFormed.join(""), ...wellFormed];
  for (const reference of references) {
    const [both, one, other] = all.map((part) => reference.encode_ordinary(part).length);
    expect(both).toBe((one ?? 0) + (other ?? 0));
  }
  for (const [name, encoding] of Object.entries(encodings)) {
    const [both, one, other] = all.map((part) => memo.count(encoding, Buffer.from(part)));
    expect(both, name).toBe((one ?? 0) + (other ?? 0));
  }
}
