/** What `tokenstile/count` gives a program, held against npm `tiktoken`. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { carriedEncodings, type Counter, loadCounter } from "../../lib/count/index.ts";
import { CountModule, usualModule } from "../../lib/count/module.ts";
import { sliceLength } from "../../lib/count/text.ts";
import { buildModule } from "../../tools/build.ts";
import { referenceCount } from "./bpe_module.ts";
import { CountExports } from "./count_exports.ts";
import { Random } from "../../bench/haystack/random.ts";

const streamsMax = 65_536;
const encodings = ["o200k_base", "cl100k_base"] as const;
const counters = new Map<string, Counter>();
let counter: Counter;

beforeAll(async () => {
  await buildModule();
  for (const name of encodings) counters.set(name, await loadCounter(name));
  counter = await loadCounter("o200k_base");
});

/** Of 🦤, whose three tokens are more than two U+FFFD have. */
const loneHigh = "\ud83e";
const loneLow = "\udda4";
const turnstile = "The turnstile lets one through at a time, then it counts. ";

/** Strings of all kinds, with their titles. */
const texts: Record<string, string> = {
  nothing: "",
  "a word": "hello",
  "a byte order mark": "\ufeffhello \ufeff",
  "both kinds of line ends": "one\r\ntwo\nthree\r\n\r\n\nfour\r",
  "no line end": "one\ntwo",
  "special tokens": "<|endoftext|> <|im_start|>user",
  "many scripts": "Größe, Ελληνικά, नमस्ते, 日本語のテキスト, 👩‍👩‍👧‍👦 🇩🇪",
  "lone surrogates": [`${loneHigh} a${loneLow}b`, loneLow + loneHigh, loneHigh].join(" "),
  "halves in a row": `${loneHigh}${loneHigh}${loneLow}`,
};

describe.each(encodings)("a counter of %s", (name) => {
  const own = (): Counter => counters.get(name) ?? counter;

  it.each(Object.entries(texts))("counts %s, as a string and as bytes", (_, text) => {
    const expected = referenceCount(name, text);
    expect(own().count(text)).toBe(expected);
    expect(own().count(Buffer.from(text))).toBe(expected);
    expect(own().countTillLimit(text, expected)).toBe(expected);
  });

  it("counts bytes that are not UTF-8 as what they decode to", () => {
    const random = new Random(11);
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from({ length: round }, () => random.below(256));
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
      expect(own().count(bytes), Buffer.from(bytes).toString("hex")).toBe(
        referenceCount(name, text),
      );
    }
  });

  it("counts long texts, however they fall into slices", () => {
    const lines = Object.values(texts).join("\n") + "\n";
    const long = lines.repeat(Math.ceil((3 * sliceLength) / lines.length));
    for (const length of [-2, -1, 0, 1, 2, sliceLength, 2 * sliceLength + 1]) {
      const text = long.slice(0, sliceLength + length);
      const expected = referenceCount(name, text);
      expect(own().count(text), `${text.length} code units`).toBe(expected);
      expect(own().count(Buffer.from(text)), `${text.length} code units`).toBe(expected);
      expect(own().countTillLimit(text, expected)).toBe(expected);
    }
  });

  it("has room for slices of the widest characters", () => {
    const text = "漢字、仮名。".repeat(sliceLength / 3);
    expect(own().count(text)).toBe(referenceCount(name, text));
    expect(own().count(text.slice(0, sliceLength))).toBe(
      referenceCount(name, text.slice(0, sliceLength)),
    );
  });

  it("is exact where a run is longer than what a stream holds", async () => {
    const vm = await CountExports.load();
    const held = ["a".repeat(200_000), ` \ud800${"\n ".repeat(100_000)}`];
    for (const text of [...held, `日${"A".repeat(200_000)}`]) {
      const expected = vm.withText(text, (ptr, bytes) =>
        vm.raw.tokenstile_count_text(vm.encoding(name), ptr, bytes),
      );
      const stream = own().stream();
      stream.feed(text);
      stream.finish();
      expect(stream.exact).toBe(held.includes(text) || name === "cl100k_base");
      expect(own().count(text)).toBe(expected);
      expect(own().count(Buffer.from(text))).toBe(expected);
      expect(own().countTillLimit(text, expected)).toBe(expected);
      expect(own().countTillLimit(text, expected - 1)).toBe(expected);
      const faulty = Buffer.concat([Buffer.from(text), Uint8Array.of(0xff)]);
      expect(own().count(faulty)).toBe(own().count(`${text}\ufffd`));
    }
  });

  it("does not cut a character that lies across two slices", () => {
    for (const before of [-2, -1, 0]) {
      const text = `${"ab ".repeat(sliceLength).slice(0, sliceLength + before)}🦤🦤 end`;
      expect(own().count(text)).toBe(referenceCount(name, text));
    }
  });

  it("gives every chunk of a stream its due, wherever the text is cut", () => {
    const random = new Random(5);
    const text = Object.values(texts).join(" ");
    const bytes = Buffer.from(text);
    const expected = referenceCount(name, text);
    for (let round = 0; round < 200; round++) {
      const cut = random.below(text.length + 1);
      const again = cut + random.below(text.length + 1 - cut);
      const strings = own().stream();
      for (const part of [text.slice(0, cut), text.slice(cut, again), "", text.slice(again)]) {
        strings.feed(part);
      }
      expect(strings.finish(), `cut at ${cut} and ${again}`).toBe(expected);
      const chunks = own().stream();
      for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) chunks.feed(part);
      expect(chunks.finish(), `cut at ${cut}`).toBe(expected);
    }
  });
});

describe("bytes", () => {
  it("may be a part of something larger, shared, or of another realm", () => {
    const bytes = Buffer.from(turnstile);
    const expected = referenceCount("o200k_base", turnstile);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    const foreign = runInNewContext("Uint8Array.from(bytes)", { bytes: [...bytes] }) as Uint8Array;
    const part = Buffer.concat([Buffer.from("xx"), bytes]).subarray(2);
    for (const same of [part, shared, foreign]) expect(counter.count(same)).toBe(expected);
  });
});

describe("countTillLimit", () => {
  const short = turnstile.repeat(4);
  const long = turnstile.repeat(20_000);

  it("answers the count up to the limit, and one more than the limit beyond", () => {
    for (const text of [short, long]) {
      const tokens = counter.count(text);
      for (const over of [0, 1, tokens, Infinity, Number.MAX_SAFE_INTEGER, 2 ** 32, 0.5]) {
        expect(counter.countTillLimit(text, tokens + over)).toBe(tokens);
        expect(counter.countTillLimit(Buffer.from(text), tokens + over)).toBe(tokens);
      }
      for (const limit of [0, 1, 2.5, 7, tokens - 1, tokens - 0.5]) {
        expect(counter.countTillLimit(text, limit)).toBe(Math.floor(limit) + 1);
        expect(counter.countTillLimit(Buffer.from(text), limit)).toBe(Math.floor(limit) + 1);
      }
      expect(counter.countTillLimit("", 0)).toBe(0);
    }
  });

  it("does not look at what lies far behind the limit", () => {
    const endless = turnstile.repeat(1_000_000);
    const wholeMs = timed(() => counter.count(long));
    const stoppedMs = timed(() => counter.countTillLimit(endless, 1000));
    expect(stoppedMs).toBeLessThan(wholeMs);
  });
});

describe("streams", () => {
  it("run side by side, of any encoding, and share the module with whole texts", () => {
    const parts = turnstile.split(/(?= )/);
    const streams = Array.from({ length: 40 }, (_, index) => {
      const name = encodings[index % 2] ?? "o200k_base";
      return { name, stream: (counters.get(name) ?? counter).stream() };
    });
    for (const part of parts) {
      for (const { stream } of streams) stream.feed(part);
      expect(counter.count("hello world")).toBe(2);
    }
    for (const { name, stream } of streams) {
      expect(stream.finish()).toBe(referenceCount(name, turnstile));
    }
  });

  it("put a character together whose halves come apart, and count halves that stay alone", () => {
    const feeds: [(string | Uint8Array)[], string][] = [
      [[loneHigh, loneLow], "🦤"],
      [[`a${loneHigh}`, "", `${loneLow}b`], "a🦤b"],
      [[loneHigh, loneHigh, loneLow], "\ufffd🦤"],
      [[loneHigh, "x"], "\ufffdx"],
      [["\ufffd", loneHigh, Buffer.from("x")], "\ufffd\ufffdx"],
      [[loneHigh, new Uint8Array(0), loneLow], "🦤"],
      [[loneHigh], "\ufffd"],
      [[loneLow, loneHigh], "\ufffd\ufffd"],
      [[Buffer.from("🦤").subarray(0, 2), "x"], "\ufffdx"],
      [[Buffer.from("🦤").subarray(0, 2), Buffer.from("🦤").subarray(2)], "🦤"],
    ];
    for (const [parts, whole] of feeds) {
      const stream = counter.stream();
      for (const part of parts) stream.feed(part);
      expect(stream.finish(), whole).toBe(referenceCount("o200k_base", whole));
    }
  });

  it("say what is certain so far, never more than the whole", () => {
    const stream = counter.stream();
    let certain = 0;
    for (let part = 0; part < 100; part++) {
      stream.feed(turnstile);
      expect(stream.tokens).toBeGreaterThanOrEqual(certain);
      certain = stream.tokens;
    }
    const whole = stream.finish();
    expect(certain).toBeGreaterThan(whole * 0.9);
    expect(certain).toBeLessThanOrEqual(whole);
    expect(stream.tokens).toBe(whole);
    expect(stream.exact).toBe(true);
  });

  it("end once", () => {
    const stream = counter.stream();
    stream.feed("hello");
    expect([stream.finish(), stream.finish()]).toEqual([1, 1]);
    stream.dispose();
    expect(stream.finish()).toBe(1);
    expect(() => stream.feed("x")).toThrow("The stream is finished; start another.");
    const given = counter.stream();
    given[Symbol.dispose]();
    given.dispose();
    expect(() => given.feed("x")).toThrow("The stream is disposed; start another.");
    expect(() => given.finish()).toThrow("The stream is disposed; start another.");
  });

  it("are bounded in number, and make room when they are finished or disposed of", () => {
    const open = Array.from({ length: streamsMax }, () => counter.stream());
    expect(() => counter.stream()).toThrow(/^Too many streams are open/);
    open.pop()?.finish();
    counter.stream().dispose();
    counter.stream().dispose();
    for (const stream of open) stream.dispose();
  });
});

describe("what is no text", () => {
  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [42, "a number"],
    [["hello"], "an object of Array"],
    [new String("hello"), "an object of String"],
    [new Uint16Array(2), "an object of Uint16Array"],
    [Object.create(null), "an object of no class"],
  ])("is refused with its kind: %s", (wrong, kind) => {
    const text = wrong as string;
    const sentence = (what: string) =>
      new TypeError(`${what} takes a string or a Uint8Array, not ${kind}.`);
    expect(() => counter.count(text)).toThrow(sentence("count"));
    expect(() => counter.countTillLimit(text, 1)).toThrow(sentence("countTillLimit"));
    const stream = counter.stream();
    expect(() => stream.feed(text)).toThrow(sentence("feed"));
    expect(stream.finish()).toBe(0);
  });

  it("and what is no limit", () => {
    for (const limit of [-1, NaN, -Infinity, undefined as unknown as number]) {
      expect(() => counter.countTillLimit("x", limit)).toThrow(RangeError);
    }
    expect(() => counter.countTillLimit("x", -1)).toThrow(
      "countTillLimit takes a limit from 0 up, not -1.",
    );
  });
});

describe("loadCounter", () => {
  it("knows its encodings by name, and lists them where it does not know one", async () => {
    const carried = await carriedEncodings();
    expect(carried).toEqual(expect.arrayContaining([...encodings]));
    for (const name of carried) expect((await loadCounter(name)).encoding).toBe(name);
    const unknown = ["", "o200k", "gpt-4o", "x".repeat(100_000), "\ud800", "constructor"];
    for (const name of unknown) {
      await expect(loadCounter(name)).rejects.toThrow(
        new RangeError(
          `There is no encoding "${name.slice(0, 80)}" here, but ${carried.join(", ")}.`,
        ),
      );
    }
    await expect(loadCounter(undefined as unknown as string)).rejects.toThrow(
      "loadCounter takes the name of an encoding, not undefined.",
    );
  });

  it("takes another module than the usual one, and refuses what is none", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tokenstile-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "another one#1.wasm");
    copyFileSync(usualModule, path);
    const another = await loadCounter("o200k_base", { wasm: path });
    expect(another.count(turnstile)).toBe(counter.count(turnstile));
    expect(await carriedEncodings({ wasm: pathToFileURL(path) })).toEqual(await carriedEncodings());
    const bare = join(folder, "bare.wasm");
    writeFileSync(bare, Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const refusal = `${bare} is no module of tokenstile that counts.`;
    await expect(loadCounter("o200k_base", { wasm: bare })).rejects.toThrow(refusal);
    await expect(loadCounter("o200k_base", { wasm: `${bare}.lost` })).rejects.toThrow(
      `There is no file ${bare}.lost; \`npm run build\` makes modules.`,
    );
  });

  it("shares one module, whose memory does not grow with texts", async () => {
    const module = await CountModule.of(usualModule);
    expect(await CountModule.of(usualModule)).toBe(module);
    const long = turnstile.repeat(50_000);
    counter.count(long);
    const before = module.memoryBytes;
    for (let round = 0; round < 3; round++) {
      expect(counter.count(long)).toBe(counter.count(Buffer.from(long)));
    }
    expect(module.memoryBytes).toBe(before);
  });

  it("goes on when the module's memory grows under it", async () => {
    const module = await CountModule.of(usualModule);
    const before = module.memoryBytes;
    const open = [];
    while (module.memoryBytes === before) {
      const stream = counter.stream();
      stream.feed("a");
      open.push(stream);
    }
    const expected = referenceCount("o200k_base", turnstile);
    expect(counter.count(turnstile)).toBe(expected);
    expect(counter.count(Buffer.from(turnstile))).toBe(expected);
    for (const stream of open) stream.dispose();
  });
});

function timed(work: () => void): number {
  work();
  const start = performance.now();
  work();
  return performance.now() - start;
}
