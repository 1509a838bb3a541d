/** Texts that grow into what counting has the most trouble with: long pieces, and short windows. */
import { Random } from "../../bench/haystack/random.ts";

/** A text of about so many bytes; the seed tells apart those of families that are random. */
export type Family = (bytes: number, seed: number) => Uint8Array;

const lowerCase = "abcdefghijklmnopqrstuvwxyz";
const base64 = `ABCDEFGHIJKLMNOPQRSTUVWXYZ${lowerCase}0123456789+/`;
const blanks = [" ", "\t", "\n", "\r", "\u00a0", "\u2003", "\u0085"];
const emoji = ["👩", "👧", "👍🏽", "🇩🇪", "☎️", "🏳️", "😀", "\u200d", "\ufe0f", "🏿"];

/** Families whose text is one single piece to both encodings, whatever its length. */
export const onePiece = {
  "one letter": (bytes) => Buffer.from("a".repeat(bytes)),
  "random letters": (bytes, seed) => drawn(bytes, seed, [...lowerCase]),
  "letters of a few tokens": (bytes, seed) => drawn(bytes, seed, ["a", "b"]),
  capitals: (bytes, seed) => drawn(bytes, seed, [..."ETAOINSHR"]),
  "a period longer than a window": (bytes) => periodic(bytes, 389),
  spaces: (bytes) => Buffer.from(" ".repeat(bytes)),
  "spaces and tabs": (bytes, seed) => drawn(bytes, seed, [" ", " ", " ", "\t"]),
  newlines: (bytes, seed) => drawn(bytes, seed, ["\n", "\n", "\r"]),
  underscores: (bytes) => Buffer.from("_".repeat(bytes)),
  punctuation: (bytes, seed) => drawn(bytes, seed, [..."!?.,;:-=+*#"]),
  "zero bytes": (bytes) => Buffer.alloc(bytes),
  "Han characters": (bytes, seed) => drawnPoints(bytes, seed, 0x4e00, 0x9fff),
  "Hangul syllables": (bytes, seed) => drawnPoints(bytes, seed, 0xac00, 0xd7a3),
  "Thai letters": (bytes, seed) => drawnPoints(bytes, seed, 0x0e01, 0x0e2e),
  "emoji joined": (bytes, seed) => drawn(bytes, seed, emoji),
} satisfies Record<string, Family>;

/** Families of many pieces, which begin with something that puts the decision off. */
export const manyPieces = {
  "capitals behind a caseless letter": (bytes, seed) =>
    Buffer.concat([Buffer.from("日"), drawn(bytes, seed, [..."ETAOINSHR"])]),
  "mixed whitespace": (bytes, seed) => drawn(bytes, seed, blanks),
  "letters and digits": (bytes, seed) => drawn(bytes, seed, [..."aaaaaaaaaaaaab1"]),
  base64: (bytes, seed) => drawn(bytes, seed, [...base64]),
  "apostrophes and letters": (bytes, seed) => drawn(bytes, seed, [..."''lresT "]),
  "punctuation, newlines and slashes": (bytes, seed) => drawn(bytes, seed, [..."!//\n\n\r "]),
  "letters with marks": (bytes, seed) => drawn(bytes, seed, [..."aeé日", "\u0301", "\u0327"]),
  "ASCII and not, in turn": (bytes, seed) => drawn(bytes, seed, ["a", "é", " ", "日", "1", "😀"]),
  "bytes that are not UTF-8": (bytes) => new Uint8Array(bytes / 3).fill(0xff),
  "random bytes": (bytes, seed) => {
    const random = new Random(seed);
    return Uint8Array.from({ length: bytes }, () => random.below(256));
  },
} satisfies Record<string, Family>;

export const families = { ...onePiece, ...manyPieces };

function drawn(bytes: number, seed: number, from: readonly string[]): Uint8Array {
  const random = new Random(seed);
  const encoded = from.map((text) => Buffer.from(text));
  const text = Buffer.alloc(bytes);
  let used = 0;
  for (;;) {
    const next = random.pick(encoded);
    if (used + next.length > bytes) return text.subarray(0, used);
    used += next.copy(text, used);
  }
}

function drawnPoints(bytes: number, seed: number, first: number, last: number): Uint8Array {
  const random = new Random(seed);
  const points = Array.from({ length: 997 }, () => first + random.below(last - first + 1));
  return drawn(
    bytes,
    seed + 1,
    points.map((point) => String.fromCodePoint(point)),
  );
}

function periodic(bytes: number, period: number): Uint8Array {
  return Buffer.alloc(bytes, drawn(period, 1, [...lowerCase]));
}
