/**
 * What was counted before costs a hash, and gives the same count: for texts of all kinds and sizes,
 * at all cuts of the body, with a large table and a tiny one, for one payer and for several.
 */
import fc from "fast-check";
import { get_encoding } from "tiktoken";
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../bench/haystack/random.ts";
import { MemoModule, type MemoRead } from "../unit/memo_module.ts";

let large: MemoModule;
let tiny: MemoModule;
beforeAll(async () => {
  large = await MemoModule.load({ seed: 3 });
  tiny = await MemoModule.load({ seed: 4, entries: 8 });
});

/** Raw contents of JSON strings, by what is hard about them. */
const kinds = {
  prose: ["the ", "quick ", "brown ", "fox", " jumps", ", over", ". ", "\\n", "lazy ", "dogs"],
  code: ['\\"name\\"', ": ", "{\\n  ", "return x;", "\\\\n", "\\t", "}", "\\n", "f(", ") // no "],
  escapes: ["\\ud83d\\ude00", "\\u00e9", "\\ud83d", "\\ude00", "\\u0061b c", "\\/", "\\b", " a b"],
  chinese: ["好", "，", "人工智能", "。", "正在", "改变世界", "\\u597d", "1"],
  lines: ["好的。\\n", "第一章\\n", "は、", "\\n\\n", "そう\\n", "\\\\nそ", "\\r\\n", "ok"],
  letters: ["a", "b", "Z"],
  broken: ["\xff", "\xe4\xb8", "\x80", "\xf0\x9f", "ok a ", "\xc3(", "\xed\xa0\x80", "\\ud800"],
} satisfies Record<string, string[]>;
type Kind = keyof typeof kinds;

/** What no JSON string may hold, and what ends one before its time. */
const mistakes = ["\n", "\0", "\\x", "\\u12g4", "\\u12", '"', '\\"\t', "\x1f"];

interface Text {
  kind: Kind;
  bytes: number;
  seed: number;
  /** Where in the text a mistake stands, from 0 to 1; else none. */
  mistake: [at: number, which: number] | null;
}

function rawOf({ kind, bytes, seed, mistake }: Text): Buffer {
  const random = new Random(seed);
  const pieces: Buffer[] = [];
  let size = 0;
  while (size < bytes) {
    const text = random.pick(kinds[kind] as string[]);
    const piece = Buffer.from(text, kind === "broken" ? "latin1" : "utf8");
    pieces.push(piece);
    size += piece.length;
  }
  if (mistake !== null) {
    const [at, which] = mistake;
    pieces.splice(Math.floor(at * pieces.length), 0, Buffer.from(mistakes[which] ?? ""));
  }
  return Buffer.concat(pieces);
}

const kind = fc.constantFrom(...(Object.keys(kinds) as Kind[]));
/** From none to some segments, with a liking for where something changes. */
const size = fc.oneof(
  fc.nat({ max: 300 }),
  fc.constantFrom(96, 16_384, 20_480, 32_768, 65_536).chain((base) => near(base)),
  fc.nat({ max: 50_000 }),
);

function near(base: number): fc.Arbitrary<number> {
  return fc.integer({ min: Math.max(0, base - 40), max: base + 40 });
}

/** From 0 to 1, all of it equally likely. */
const place = fc.nat({ max: 1000 }).map((thousandths) => thousandths / 1000);

function textOf(withMistakes: boolean): fc.Arbitrary<Text> {
  const found = fc.tuple(place, fc.nat({ max: 7 }));
  const mistake = withMistakes ? fc.option(found, { freq: 2 }) : fc.constant(null);
  return fc.record({ kind, bytes: size, seed: fc.nat(), mistake });
}

function conversation(withMistakes: boolean): fc.Arbitrary<Text[]> {
  return fc.array(textOf(withMistakes), { minLength: 1, maxLength: 5 });
}

function bodyOf(texts: Text[]): Buffer {
  const parts = texts.flatMap((text, at) => [
    Buffer.from(`${at === 0 ? "" : ","}{"role":"user","content":"`),
    rawOf(text),
    Buffer.from('"}'),
  ]);
  return Buffer.concat([Buffer.from('{"model":"m","messages":['), ...parts, Buffer.from("]}")]);
}

const cut = fc.record({
  firstBytes: fc.integer({ min: 1, max: 40_000 }),
  chunkBytes: fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) },
    { weight: 4, arbitrary: fc.integer({ min: 200, max: 70_000 }) },
  ),
});
const cuts = fc.array(cut, { minLength: 1, maxLength: 4 });
const encoding = fc.constantFrom(1 as const, 2 as const);

/** What a request comes to, whichever way it was counted. */
function facts(read: MemoRead): object {
  const { error, jsonError, errorOffset } = read;
  if (error !== 0) return { error, jsonError, errorOffset };
  const { promptTokens, textBytes, estimated } = read;
  // A piece above 64 KiB is cut where the chunks have it, and the count is none that is exact.
  return estimated ? { textBytes, estimated } : { promptTokens, textBytes, estimated };
}

const payers = [1, 2].map((owner) => ({ low: BigInt(owner), high: 77n, owner }));

describe("a request whose texts are remembered", () => {
  it("comes to the same as without a memory", () => {
    fc.assert(
      fc.property(conversation(true), cuts, encoding, (texts, each, name) => {
        const body = bodyOf(texts);
        const expected = facts(large.read(body, name, { remembers: false }));
        for (const how of each) {
          expect(facts(large.read(body, name, { ...how, remembers: false }))).toEqual(expected);
          for (const payer of payers) {
            large.payer = payer;
            expect(facts(large.read(body, name, how))).toEqual(expected);
            tiny.payer = payer;
            expect(facts(tiny.read(body, name, how))).toEqual(expected);
          }
        }
      }),
      { numRuns: 250, seed: 20260301 },
    );
  });

  it("is cut short anywhere with the same mistake", () => {
    fc.assert(
      fc.property(conversation(true), place, cut, (texts, at, how) => {
        const whole = bodyOf(texts);
        const body = whole.subarray(0, Math.max(1, Math.floor(at * whole.length)));
        const expected = facts(large.read(body, 1, { remembers: false }));
        expect(facts(large.read(body, 1, how))).toEqual(expected);
        expect(facts(large.read(body, 1, how))).toEqual(expected);
      }),
      { numRuns: 250, seed: 20260302 },
    );
  });

  it("is the same at every cut of a short body", () => {
    const texts = (Object.keys(kinds) as Kind[]).map((each, seed) => {
      return { kind: each, bytes: 110, seed, mistake: null };
    });
    const body = bodyOf(texts);
    const expected = facts(large.read(body, 1, { remembers: false }));
    for (let firstBytes = 1; firstBytes < body.length; firstBytes++) {
      large.payer = { low: 1000n, high: BigInt(firstBytes), owner: 1 };
      for (let turn = 0; turn < 2; turn++) {
        const read = large.read(body, 1, { firstBytes, chunkBytes: body.length });
        expect(facts(read)).toEqual(expected);
        expect(turn === 0 ? read.misses : read.hits).toBe(texts.length);
      }
    }
  });

  it("is counted from memory the second time, however it is cut", () => {
    fc.assert(
      fc.property(conversation(false), cuts, encoding, fc.nat(), (texts, each, name, salt) => {
        large.payer = { low: BigInt(salt), high: 99n, owner: 5 };
        const body = bodyOf(texts);
        const first = large.read(body, name, {});
        for (const how of each) {
          const again = large.read(body, name, how);
          expect([again.hits, again.misses]).toEqual([first.misses + first.hits, 0]);
        }
      }),
      { numRuns: 100, seed: 20260303 },
    );
  });

  it("is counted as the reference encoders count its long texts", () => {
    for (const [at, name] of (["o200k_base", "cl100k_base"] as const).entries()) {
      const reference = get_encoding(name);
      for (const each of ["prose", "code", "escapes", "lines"] as const) {
        const raw = rawOf({ kind: each, bytes: 90_000, seed: at, mistake: null });
        const { content } = JSON.parse(`{"content":"${raw.toString()}"}`) as { content: string };
        const wellFormed = Buffer.from(content).toString();
        const body = Buffer.from(`{"model":"m","messages":[{"content":"${raw.toString()}"}]}`);
        const expected = reference.encode_ordinary(wellFormed).length + 6;
        for (const chunkBytes of [body.length, 16_384, 1000, 16_384]) {
          const read = large.read(body, at === 0 ? 1 : 2, { chunkBytes });
          expect(read.promptTokens).toBe(expected);
        }
      }
    }
  });
});

const long = { kind: "prose", bytes: 5000, seed: 1, mistake: null } satisfies Text;

describe("what is remembered", () => {
  it("is found by the payer alone, in the encoding alone", () => {
    const body = bodyOf([long]);
    const read = (payer: number, name: 1 | 2): number[] => {
      large.payer = { low: BigInt(payer), high: 5n, owner: payer };
      const { hits, misses, hitBytes } = large.read(body, name);
      return [hits, misses, hitBytes];
    };
    const bytes = rawOf(long).length;
    expect(read(11, 1)).toEqual([0, 1, 0]);
    expect(read(11, 1)).toEqual([1, 0, bytes]);
    expect(read(12, 1)).toEqual([0, 1, 0]);
    expect(read(11, 2)).toEqual([0, 1, 0]);
    expect(read(11, 1)).toEqual([1, 0, bytes]);
    expect(read(12, 1)).toEqual([1, 0, bytes]);
  });

  it("lies elsewhere in a VM of another key", async () => {
    const digests = await Promise.all(
      [1, 2, 1].map(async (seed) => (await MemoModule.load({ seed })).digest(rawOf(long))),
    );
    expect(digests[0]).not.toEqual(digests[1]);
    expect(digests[0]).toEqual(digests[2]);
  });

  it("is no text with a mistake in it", () => {
    for (const [which, mistake] of mistakes.entries()) {
      if (mistake === '"') continue; // what stands before is a text
      const body = bodyOf([{ ...long, mistake: [0.5, which] }]);
      large.payer = { low: 500n, high: BigInt(which), owner: 1 };
      for (let turn = 0; turn < 2; turn++) {
        const read = large.read(body, 1);
        expect([read.error !== 0, read.hits], JSON.stringify(mistake)).toEqual([true, 0]);
      }
    }
  });

  it("is no short text", () => {
    large.payer = { low: 600n, high: 1n, owner: 1 };
    const body = bodyOf([{ ...long, bytes: 30 }]);
    for (let turn = 0; turn < 2; turn++) {
      expect(large.read(body, 1)).toMatchObject({ hits: 0, misses: 0 });
    }
  });

  it("is most of a text that changed in one place", () => {
    large.payer = { low: 700n, high: 1n, owner: 1 };
    const text = rawOf({ ...long, bytes: 200_000 }).toString();
    const body = (content: string): Buffer =>
      Buffer.from(`{"model":"m","messages":[{"content":"${content}"}]}`);
    const first = large.read(body(text), 1);
    const grown = large.read(body(`${text}and some more`), 1);
    expect([first.misses, grown.misses]).toEqual([13, 1]);
    const changed = large.read(body(`${text.slice(0, 100_000)}XY${text.slice(100_002)}`), 1);
    expect(changed.misses).toBeLessThanOrEqual(2);
    expect(changed.hitBytes).toBeGreaterThan(160_000);
  });

  it("holds of an open request no more than a segment and where its end is sought", () => {
    const { exports } = large;
    const body = bodyOf([{ ...long, kind: "letters", bytes: 400_000 }]);
    const run = (): number => {
      for (let bytes = 20_000; bytes < 400_000; bytes += 20_000) {
        // It ends inside of the text, so that something is held when its reader is given up.
        large.read(body.subarray(0, bytes), 1, { chunkBytes: 10_000 });
        exports.newReader();
      }
      return exports.memory.buffer.byteLength;
    };
    const before = run();
    for (let turn = 0; turn < 20; turn++) expect(run()).toBe(before);
  });
});
