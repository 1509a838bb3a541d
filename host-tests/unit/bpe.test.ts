import { beforeAll, describe, expect, it } from "vitest";
import { BpeModule, encodings, referenceCount } from "./bpe_module.ts";
import { BpeTwin } from "./bpe_twin.ts";

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

/** Tokens of a text that comes in chunks; -1 where the counter says that it is not exact. */
function countExactly(encoding: number, text: string, chunkBytes: number): number {
  const { exports } = bpe;
  const counter = exports.newCounter(encoding);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const feed = (ptr: number, size: number): void => exports.feed(counter, ptr, size);
    bpe.withBytes(bytes.subarray(at, at + chunkBytes), feed);
  }
  const tokens = Number(exports.finish(counter));
  const exact = exports.isExact(counter);
  exports.free(counter);
  return exact ? tokens : -1;
}

const pieceBytesMax = 65536;

/** Texts that a request could carry, and those that other counters are known to get wrong. */
const texts: Record<string, string> = {
  nothing: "",
  words: "The turnstile lets a visitor through, then counts: one, two, three.",
  contractions: "I'm sure they'll say we've DON'T'd it, he'S, WE'RE, it'ſ and 'tis o'clock's",
  numbers: "1 12 123 1234 12345 3.14159 1,000,000 ²³ Ⅷ ٣٤٥٦ ½",
  code: "function f(a) {\n\tif (a == null) return a?.b ?? [];\n}\n\n\n// end\r\n\r\n",
  inheritedNames: "x.toLocaleString(); y.constructor; z.__proto__; hasOwnProperty",
  paths: "/usr/lib//x/\n/\n//\n\n/a https://example.com/a/b?c=d#e",
  json: JSON.stringify(
    { role: "user", content: 'say "hi"\n\n\t\\', n: [1, 2.5e-3, null] },
    null,
    2,
  ),
  spaces: "a  b   c    \n   d\t\te \n\n \n  f    ",
  byteOrderMark: "\ufeffhello \ufeff\ufeffworld \ufeff\ufeff'll \ufeff\n \n  x",
  nextLine: "a\u0085\n \n\n  x\u0085b \u0085\u0085 c\u2028d\u2029e\u00a0\u00a0f",
  european: "Größe, naïve café, ŁÓDŹ, Ελληνικά γράμματα, Съешь ещё этих, ǅungla",
  rightToLeft: "שלום עולם, مرحبا بالعالم، کتاب‌ها",
  indic: "नमस्ते दुनिया, தமிழ் மொழி, বাংলা, ไทยแลนด์, မြန်မာ",
  eastAsian: "日本語のテキストと漢字、カタカナ。中文文本，한국어 문장입니다",
  emoji: "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇯🇵 👍🏽 ☎️ 🫠",
  marks: "e\u0301\u0327 Zalg\u0335\u0321o \u0301\u0301A \u0301ABC",
  mathematics: "𝔸𝕓𝒸 ∀x∈ℝ: ⌈x⌉ ≥ x ∧ 2⁶⁴",
  planes: "\u{1f9a4}\u{20000}\u{2ebf0}\u{10d4a}\u{323b0}\u{e0041}\u{f0000}\u{10ffff}",
  specialTokens: "<|endoftext|><|im_start|>user<|im_sep|>hi<|endofprompt|>",
};

describe("encodingByName", () => {
  it("knows the encodings it carries, and harmony as the text of o200k_base", () => {
    const named = (name: string) =>
      bpe.withBytes(name, (ptr, bytes) => bpe.exports.encodingNamed(ptr, bytes));
    expect(["o200k_base", "cl100k_base", "o200k_harmony"].map(named)).toEqual([1, 2, 1]);
    expect(["", "o200k", "o200k_bas", "o200k_base ", "O200K_BASE", "p50k_base"].map(named)).toEqual(
      [0, 0, 0, 0, 0, 0],
    );
  });
});

describe.each(encodings)("TextCounter with %s", (name, number) => {
  it.each(Object.entries(texts))("counts %s as the reference does, at every cut", (_, text) => {
    const expected = referenceCount(name, text);
    expect(bpe.count(number, text)).toBe(expected);
    expect(bpe.wrongCut(number, text, expected)).toBeNull();
    for (const chunkBytes of [1, 2, 3, 5, 31, 32, 33]) {
      expect(bpe.countInChunks(number, text, chunkBytes), `chunks of ${chunkBytes}`).toBe(expected);
    }
  });

  it("counts a long text of all of these", () => {
    const text = Object.values(texts).join(" ").repeat(30);
    const expected = referenceCount(name, text);
    expect(bpe.count(number, text)).toBe(expected);
    for (const chunkBytes of [1, 7, 100, 1000, 65536]) {
      expect(bpe.countInChunks(number, text, chunkBytes), `chunks of ${chunkBytes}`).toBe(expected);
    }
  });

  it("counts bytes that are not UTF-8 as what they decode to, at every cut", () => {
    for (const bytes of illFormed()) {
      const expected = referenceCount(name, new TextDecoder("utf-8", lenient).decode(bytes));
      expect(bpe.count(number, bytes), hex(bytes)).toBe(expected);
      expect(bpe.wrongCut(number, bytes, expected), hex(bytes)).toBeNull();
      expect(bpe.countInChunks(number, bytes, 1), hex(bytes)).toBe(expected);
    }
  });

  let twin: BpeTwin;
  beforeAll(async () => {
    twin = await BpeTwin.load(name);
  });

  it.each([
    ["one letter", "a".repeat(150_000)],
    [
      "capitals, then lower case and a contraction",
      `${"A".repeat(70_000)}${"b".repeat(70_000)}'s x`,
    ],
    ["spaces", `${" ".repeat(150_000)}x`],
    ["newlines and blanks", `${"\n \t".repeat(50_000)}x`],
    ["punctuation and the newlines and slashes behind it", `(${"-=".repeat(70_000)}\n/\n//\n x`],
    ["newlines behind punctuation", `;${"\n".repeat(140_000)}/x`],
    ["a bracket and letters", `(${"qu".repeat(70_000)} (w`],
    ["Han characters", "日本語文字".repeat(14_000)],
    ["capitals behind caseless letters", `${"日AAA".repeat(40_000)}'s`],
    ["marks", `e${"\u0301".repeat(70_000)}X`],
    ["zeros", "\0".repeat(140_000)],
  ])("counts a piece without end as it comes: %s", (_title, text) => {
    const whole = twin.count(text);
    for (const chunkBytes of [7, 513, 4096, 65_536, 1 << 20]) {
      expect([chunkBytes, countExactly(number, text, chunkBytes)]).toEqual([chunkBytes, whole]);
    }
  });

  it.each([
    ["a caseless letter, then only capitals", `日${"A".repeat(70_000)}`],
    ["a newline, then only blanks", `\n${" ".repeat(70_000)}x`],
  ])("says so where it had to cut a piece: %s", (_title, text) => {
    expect(countExactly(number, text.slice(0, pieceBytesMax - 2000), 4096)).not.toBe(-1);
    const cut = name === "o200k_base" || text.startsWith("\n");
    expect(countExactly(number, text, 4096) === -1).toBe(cut);
  });

  it("decides what it can before the text ends", () => {
    const { exports } = bpe;
    const counter = exports.newCounter(number);
    const text = "one two three four five six seven ".repeat(100);
    bpe.withBytes(text, (ptr, bytes) => exports.feed(counter, ptr, bytes));
    expect(Number(exports.decided(counter))).toBeGreaterThanOrEqual(referenceCount(name, text) - 2);
    expect(Number(exports.finish(counter))).toBe(referenceCount(name, text));
    expect(exports.isExact(counter)).toBe(1);
    exports.free(counter);
  });
});

describe("memory", () => {
  it("is little for a counter, with nothing beside it until a chunk ends in a piece", async () => {
    const { exports } = await BpeModule.load();
    expect(exports.counterBytes()).toBeLessThanOrEqual(96);
    const [, before = 0, after = 0] = [1, 1, 1].map((encoding) => exports.newCounter(encoding));
    expect(after - before).toBeLessThanOrEqual(96);
    exports.feed(before, exports.alloc(1), 1);
    expect(exports.newCounter(1) - after).toBeGreaterThan(96);
  });

  it("stays flat over 100,000 lives, finished and given up", () => {
    const { exports } = bpe;
    const text = `${"word ".repeat(20)}${"a".repeat(3000)} and \u{1f9a4}`;
    const live = (ptr: number, bytes: number, life: number): void => {
      const counter = exports.newCounter(1 + (life & 1));
      const cut = (life * 31) % 200;
      exports.feed(counter, ptr, cut);
      if (life % 100 === 0) exports.feed(counter, ptr + cut, bytes - cut);
      if (life % 3 === 0) exports.finish(counter);
      exports.dispose(counter);
      exports.free(counter);
    };
    bpe.withBytes(text, (ptr, bytes) => {
      for (let life = 0; life < 600; life++) live(ptr, bytes, life);
      const pages = exports.memory.buffer.byteLength;
      const nextBlock = exports.alloc(1 << 16);
      exports.free(nextBlock);
      for (let life = 0; life < 100_000; life++) live(ptr, bytes, life);
      expect(exports.memory.buffer.byteLength).toBe(pages);
      expect(exports.alloc(1 << 16)).toBe(nextBlock);
      exports.free(nextBlock);
    });
  });
});

const lenient = { ignoreBOM: true };

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Every pair of bytes that a decoder treats apart, and longer breaks, inside of some text. */
function* illFormed(): Generator<Uint8Array> {
  const telling = [
    0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0,
    0xf1, 0xf4, 0xf5, 0xff,
  ];
  for (const a of telling) {
    for (const b of telling) {
      for (const c of telling) yield Uint8Array.of(0x61, a, b, c, 0x20, 0x62);
      yield Uint8Array.of(0xf0, 0x9f, a, b);
    }
  }
  yield new Uint8Array(200).fill(0xff);
  yield Buffer.from("caf\xe9 na\xefve \xe9\xe9\xe9'll go", "latin1");
}
