import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../bench/haystack/random.ts";
import { encodings } from "./bpe_module.ts";
import { PlainMerges, TablesModule } from "./bpe_tables_module.ts";

let tables: TablesModule;
beforeAll(async () => {
  tables = await TablesModule.load();
});

/** The first characters of blocks whose tokens are of many kinds. */
const blocks = [0x41, 0xc0, 0x390, 0x410, 0x531, 0x5d0, 0x627, 0x905, 0x985, 0xb05, 0xbae, 0xc05];
blocks.push(0xd05, 0xe01, 0x10d0, 0x1780, 0x2010, 0x3041, 0x30a1, 0x4e00, 0x5317, 0xac00, 0xff01);
blocks.push(0xfffd, 0x1f468, 0x20000);

describe.each(encodings)("pieces of %s that are cut", (name, number) => {
  let plain: PlainMerges;
  beforeAll(() => {
    plain = new PlainMerges(name);
  });

  function expectPlainCounts(pieces: Iterable<Uint8Array>): void {
    const wrong: string[] = [];
    let cut = 0;
    for (const piece of pieces) {
      cut++;
      // What is merged whole is held against the plainest way elsewhere.
      const expected = piece.length < 24 ? plain.count(piece) : tables.merged(number, piece);
      const counted = tables.cut(number, piece);
      if (counted !== expected) wrong.push(`${hex(piece)}: ${counted} instead of ${expected}`);
    }
    expect(cut).toBeGreaterThan(0);
    expect(wrong.slice(0, 10)).toEqual([]);
  }

  it("count every character alone, and twice, as the plain way does", () => {
    const chars = everyChar();
    expectPlainCounts(chars.map((char) => Buffer.from(char)));
    expectPlainCounts(chars.map((char) => Buffer.from(char + char)));
  });

  it("count every two characters that some token has side by side", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const pairs = new Set<string>();
    for (const token of plain.tokens) {
      if (token.every((byte) => byte < 0x80)) continue;
      const chars = wellFormed(decoder, token);
      for (let i = 0; i + 1 < chars.length; i++) pairs.add(chars[i]! + chars[i + 1]!);
    }
    const random = new Random(1);
    expectPlainCounts(
      [...pairs].map((pair) => Buffer.from(charIn(random) + pair + charIn(random))),
    );
  });

  it("count tokens that hold but the end or the begin of a character, in any that may be", () => {
    const random = new Random(2);
    const parts = plain.tokens.filter((token) => isTail(token[0]!) || !endsWhole(token));
    expectPlainCounts(
      parts.flatMap((token) => Array.from({ length: 40 }, () => completed(token, random))),
    );
  });

  it("count drawn characters, ASCII among them, as the plain way does", () => {
    const random = new Random(3);
    const drawn = Array.from({ length: 6000 }, (_, i) => {
      const few = Array.from({ length: 1 + random.below(3) }, () => random.pick(blocks));
      const length = 1 + random.below(i % 4 === 0 ? 60 : 8);
      const chars = Array.from({ length }, () => random.pick(few) + random.below(48));
      return Buffer.from(String.fromCodePoint(...chars));
    });
    expectPlainCounts(drawn);
  });

  it("count words of code, whichever of their humps are in a token", () => {
    const humped = plain.tokens
      .map((token) => Buffer.from(token).toString("latin1"))
      .filter((token) => /^[a-zA-Z]+$/.test(token) && /[a-z][A-Z]/.test(token));
    const random = new Random(4);
    const words = ["get", "Element", "By", "Id", "To", "String", "parse", "HTML", "x", "Y", "is"];
    const letter = () => random.pick([..."abcdefgtyzABEIST"]);
    const around = [...humped, ...words].map(
      (token) => `${random.pick(words)}${letter()}${token}${letter()}${random.pick(words)}`,
    );
    // What does not merge with letters leaves a token that begins or ends at its hump whole.
    const apart = humped.map((token) => `~${token}~`);
    expectPlainCounts([...humped, ...around, ...apart].map((word) => Buffer.from(word)));
    const drawn = Array.from({ length: 4000 }, () => {
      const some = Array.from({ length: 1 + random.below(12) }, () =>
        random.below(2) === 0 ? letter() : random.pick(words),
      );
      return Buffer.from(some.join(""));
    });
    expectPlainCounts(drawn);
  });

  it("are merged whole where bytes are not well-formed", () => {
    const random = new Random(5);
    const telling = [0x41, 0x80, 0xbf, 0xc0, 0xc1, 0xc3, 0xe0, 0xe4, 0xed, 0xf0, 0xf4, 0xf5, 0xff];
    const drawn = Array.from({ length: 5000 }, () => {
      const length = 2 + random.below(8);
      const bytes = Uint8Array.from({ length }, () => random.pick(telling));
      return Buffer.concat([Buffer.from("日本é"), bytes, Buffer.from("語a")]);
    });
    expectPlainCounts(drawn);
  });
});

/** Surrogates are no characters of a text, and most of what lies above U+20000 is not assigned. */
function everyChar(): string[] {
  const chars: string[] = [];
  for (let code = 0; code < 0x20200; code++) {
    if (code < 0xd800 || code > 0xdfff) chars.push(String.fromCodePoint(code));
  }
  return chars;
}

function wellFormed(decoder: TextDecoder, token: Uint8Array): string[] {
  let first = 0;
  while (first < token.length && isTail(token[first]!)) first++;
  for (let end = token.length; end > first && end > token.length - 4; end--) {
    try {
      return [...decoder.decode(token.subarray(first, end))];
    } catch {
      continue;
    }
  }
  return [];
}

/** A text that has all the bytes of a token: of characters that it has in part, the rest drawn. */
function completed(token: Uint8Array, random: Random): Uint8Array {
  const tails = token.findIndex((byte) => !isTail(byte));
  const before = tails === 0 ? [] : leadFor(tails < 0 ? token.length : tails, random);
  const text = [...before, ...token];
  const missing = missingTails(token);
  for (let i = 0; i < missing; i++) text.push(0x80 + random.below(64));
  const around = [charIn(random), charIn(random)].map((char) => Buffer.from(char));
  return Buffer.concat([around[0]!, Uint8Array.from(text), around[1]!]);
}

/** What begins a character that ends with so many bytes of a kind that only tails are. */
function leadFor(tails: number, random: Random): number[] {
  if (tails === 1 && random.below(3) === 0) return [0xc3 + random.below(26)];
  if (tails === 1) return [0xe1 + random.below(12), 0x80 + random.below(64)];
  return tails === 2 ? [0xe1 + random.below(12)] : [0xf1];
}

function endsWhole(token: Uint8Array): boolean {
  return missingTails(token) === 0;
}

/** Bytes that the last character of a token lacks. */
function missingTails(token: Uint8Array): number {
  for (let has = 1; has <= Math.min(4, token.length); has++) {
    const byte = token[token.length - has]!;
    if (isTail(byte)) continue;
    const bytes = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return Math.max(0, bytes - has);
  }
  return 0;
}

function isTail(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function charIn(random: Random): string {
  return String.fromCodePoint(random.pick(blocks) + random.below(26));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
