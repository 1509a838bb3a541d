import { beforeAll, describe, expect, it } from "vitest";
import { BpeModule, encodings, referenceCount } from "./bpe_module.ts";

let bpe: BpeModule;
beforeAll(async () => {
  bpe = await BpeModule.load();
});

/** The sweep takes five seconds alone, and longer beside everything else. */
const sweepPatienceMs = 300_000;

/** One or more of each class of character, and each character that a pattern names. */
const letters = ["A", "s", "l", "R", "e", "\u01c5", "\u017f", "\u02b0", "日", "\u00df"];
const blanks = [" ", "\t", "\n", "\r", "\u0085", "\u00a0", "\u2028"];
const others = ["'", "!", "/", "1", "\u00b2", "\u0301", "\ufeff", "😀", "\u0378"];

function* stringsOver(alphabet: string[], length: number): Generator<string> {
  if (length === 0) yield "";
  else
    for (const rest of stringsOver(alphabet, length - 1)) for (const c of alphabet) yield c + rest;
}

describe.each(encodings)("pieces of %s", (name, number) => {
  /** Every text gives the reference's count, whole and cut in two anywhere. */
  function expectAllEqual(texts: Iterable<string>): void {
    const wrong: string[] = [];
    for (const text of texts) {
      const expected = referenceCount(name, text);
      const counted = bpe.count(number, text);
      const cut = bpe.wrongCut(number, text, expected);
      if (counted === expected && cut === null) continue;
      wrong.push(`${JSON.stringify(text)}: ${counted} instead of ${expected}, cut at ${cut}`);
    }
    expect(wrong.slice(0, 10)).toEqual([]);
  }

  it("are the reference's for all triples of classes, at every cut", () => {
    expectAllEqual(stringsOver([...letters, ...blanks, ...others], 3));
  });

  it("are the reference's for all strings of six that can make a pattern turn back", () => {
    expectAllEqual(stringsOver(["A", "b", "日", "\u0301", "!"], 6));
    expectAllEqual(stringsOver([" ", "\n", "x", "/", "\t"], 6));
    expectAllEqual(stringsOver(["'", "l", "e", "R", " "], 6));
  });

  it("are the reference's around every code point", { timeout: sweepPatienceMs }, () => {
    const wrong: string[] = [];
    for (const [first, last] of blocks()) {
      if (sameCount(probeAll(first, last))) continue;
      for (let c = first; c <= last; c++) {
        if (!sameCount(probe(c))) wrong.push(`U+${c.toString(16)}`);
      }
    }
    expect(wrong.slice(0, 20)).toEqual([]);
  });

  function sameCount(text: string): boolean {
    return bpe.count(number, text) === referenceCount(name, text);
  }
});

/**
 * Blocks of the code points that are not surrogates: all of the planes that have or had anything
 * assigned, and the edges of the empty and the private ones. SWEEP=all goes through those too.
 */
function* blocks(): Generator<[first: number, last: number]> {
  for (let first = 0; first < 0x110000; first += 0x100) {
    if (first >= 0xd800 && first < 0xe000) continue;
    const plane = first >> 16;
    const edge = (first & 0xffff) === 0 || (first & 0xffff) === 0xff00;
    const empty = (plane > 3 && plane < 14) || plane > 14;
    if (!empty || edge || process.env.SWEEP === "all") yield [first, first + 0xff];
  }
}

function probeAll(first: number, last: number): string {
  let text = "";
  for (let c = first; c <= last; c++) text += probe(c);
  return text;
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
