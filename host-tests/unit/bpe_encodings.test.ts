import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { buildUnit } from "../../tools/build.ts";
import { encodingNumber, sourceOf } from "../../tools/vocabularies/all.ts";
import type { TokenizerJson } from "../../tools/vocabularies/byte_level.ts";
import { vocabularyPath } from "../../tools/vocabularies/find.ts";
import type { EncodingName } from "../../tools/vocabularies/source.ts";
import { compare } from "../conformance/compare.ts";
import { referenceOf } from "../conformance/references.ts";
import { drawn, pairs, sweep } from "../conformance/texts.ts";
import { BpeModule } from "./bpe_module.ts";
import { families } from "./bpe_worst.ts";

/** Those whose licence lets us depend on them; `npm run conformance` does the same for the rest. */
const encodings: EncodingName[] = ["qwen3", "deepseek_v3", "mistral_tekken"];

const strings = Number(process.env.FUZZ_STRINGS ?? 6000);
const seed = Number(process.env.FUZZ_SEED ?? 20240513);

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.of(readFileSync(await buildUnit("bpe", encodings)));
});

describe.each(encodings)("texts counted with %s", (name) => {
  const reference = referenceOf(name);
  const number = encodingNumber(name);

  it("have the reference's count at every cut, special tokens or not", async () => {
    const texts = Object.values(telling);
    const expected = await reference(texts);
    for (const [index, text] of texts.entries()) {
      expect(bpe.count(number, text), text).toBe(expected[index]);
      expect(bpe.wrongCut(number, text, expected[index] ?? -1), text).toBeNull();
    }
  });

  it("have the reference's count with every code point there is", async () => {
    const { texts, wrong } = await compare(bpe, number, reference, sweep());
    expect(wrong).toEqual([]);
    expect(texts).toBeGreaterThan(2000);
  });

  it("have the reference's count with any two kinds of characters side by side", async () => {
    const { texts, wrong } = await compare(bpe, number, reference, pairs());
    expect(wrong).toEqual([]);
    expect(texts).toBeGreaterThan(20_000);
  });

  it("have the reference's count whatever they are, whole and in chunks", async () => {
    const { texts, wrong } = await compare(bpe, number, reference, drawn(name, seed, strings));
    expect(wrong).toEqual([]);
    expect(texts).toBe(strings);
  });

  it("have the reference's count where pieces are long", async () => {
    const long = Object.values(families).flatMap((family) => [family(700, 3), family(5000, 4)]);
    expect((await compare(bpe, number, reference, long)).wrong).toEqual([]);
  });
});

describe("special tokens in a text", () => {
  const counted = (name: EncodingName, text: string) => bpe.count(encodingNumber(name), text);

  it.each(["qwen3", "deepseek_v3"] as const)("are one token each for %s", (name) => {
    for (const special of sourceOf[name].specials ?? []) {
      expect(counted(name, special), special).toBe(1);
      expect(counted(name, `a${special}${special}b`), special).toBe(4);
    }
  });

  it.each(["qwen3", "deepseek_v3"] as const)("are those of the publisher's file for %s", (name) => {
    const file = readFileSync(vocabularyPath(name), "utf8");
    const { added_tokens } = JSON.parse(file) as TokenizerJson;
    const published = added_tokens.map(({ content }) => content);
    expect([...(sourceOf[name].specials ?? [])].sort()).toEqual(published.sort());
  });

  it("are the text that they are to Mistral", () => {
    expect(counted("mistral_tekken", "</s>")).toBeGreaterThan(1);
    expect(counted("mistral_tekken", "[INST]")).toBeGreaterThan(1);
  });

  it.each(["<", "<|im_", "<|im_end|", "<".padEnd(40, "x")])(
    "take time that grows with the text where %s begins many and none ends",
    (beginning) => {
      const timeOf = (bytes: number) => {
        const text = Buffer.alloc(bytes, beginning);
        const times = [1, 2, 3, 4, 5].map(() => {
          const startMs = performance.now();
          bpe.count(encodingNumber("qwen3"), text);
          return performance.now() - startMs;
        });
        return Math.min(...times);
      };
      timeOf(1 << 19);
      // Eight times the text; were it scanned again from each of them, sixty-four times the time.
      expect(timeOf(1 << 22)).toBeLessThan(timeOf(1 << 19) * 20);
    },
  );
});

describe("text that is in no normal form", () => {
  const marked = (marks: number) => `a${"\u0301\u0323".repeat(marks / 2)} b`;

  it("is counted as its normal form is", () => {
    const text = marked(62) + "\u1100\u1161\u11a8 \u212b \ufb2c";
    expect(bpe.count(encodingNumber("qwen3"), text)).toBe(
      bpe.count(encodingNumber("qwen3"), text.normalize("NFC")),
    );
  });

  it("is said not to be exact where more marks follow each other than are sorted at a time", () => {
    expect(bpe.count(encodingNumber("qwen3"), marked(62))).toBeGreaterThan(0);
    expect(bpe.count(encodingNumber("qwen3"), marked(66))).toBe(-1);
  });

  it("is counted as it stands by those who do not normalise", () => {
    for (const name of ["deepseek_v3", "mistral_tekken"] as const) {
      const [apart, composed] = ["e\u0301", "\u00e9"].map((text) =>
        bpe.count(encodingNumber(name), text.repeat(20)),
      );
      expect(apart).toBeGreaterThan(composed ?? 0);
    }
  });
});

const telling = {
  nothing: "",
  contractions: "I'm sure they'll say we've DON'T'd it, he'S, WE'RE, it'ſ and 'tis",
  numbers: "1 12 123 1234 12345 3.14 1,000,000 ²³ Ⅷ ٣٤٥٦ ½ 第3章 2024年10月",
  code: "function f(a) {\n\tif (a == null) return a?.b ?? [];\n}\n\n\n// end\r\n\r\n",
  spaces: "a  b   c    \n   d\t\te \n\n \n  f    ",
  spacesBeforeNumbers: "a   1  23   日本  の \u3000。 x",
  punctuation: "._foo (bar) [baz]{qux}:quux ...\n\n!!\r\n«x» 。」\n €5 +a -b",
  odd: "\u0001\u0002a\u200b\u200bb \ufeffc\u00adé\ue000\ue0001\u0378日\u0007\u0007 x",
  marks: "e\u0301\u0327 \u0301\u0301A \u0301ABC नमस्ते \u1100\u1161\u11a8",
  eastAsian: "日本語のテキストと漢字、カタカナー。中文文本，한국어 문장입니다 ・゛",
  kanaSymbols: "フ゛ フ・フ゠ヿ 日・本゛゜ x゛ ゛x \u3097あ あ\u3097 ・・! !・ 。・\n",
  cased: "HTTPServer camelCase ÉCOLE ŁÓDŹ ǅungla ʰello ªb 日ABC",
  emoji: "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇯🇵 👍🏽 ☎️",
  specials: "<|im_start|>user\nhi<|im_end|>\n<think>no</think> <|endoftext|><|im_end|",
  deepseek: "<｜User｜>hi<｜Assistant｜><｜end▁of▁sentence｜><|EOT|><｜User",
  nested: "<<|im_end|>> <|<|im_end|> <|im_end|im_end|> a<b <<<",
  invalid: "a\ufffd\ufffd<|im_end|>\ufffd",
};
