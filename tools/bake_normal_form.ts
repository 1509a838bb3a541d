import { codePointsOf } from "./vocabularies/unicode.ts";
import { codePointsSource } from "./bake_code_points.ts";
import { dataOf } from "./bake_data.ts";

/**
 * What assembly/bpe/normal_form.ts needs for Unicode's Normalization Form C. Three lists of
 * ascending u64, behind a head of four u32: the length of each, and 0.
 *
 *   decompositions  the character << 42, the first of its two parts << 21, the second or 0
 *   compositions    the first part << 42, the second << 21, the character that they make
 *   classes         the first of a range << 32, the last << 8, its combining class
 *
 * Hangul syllables are left out: they follow a formula. Classes are numbered in their order, which
 * is all that matters of them.
 *
 * The running Node's own normalisation is asked for all of this. What Unicode says of a character
 * never changes; so that every Node gives the same, characters are left out that are newer than the
 * tables of the reference, Hugging Face's normaliser: those are of Unicode 9, and it takes newer
 * characters for ones that neither combine nor fall apart.
 */
export async function normalFormSource(): Promise<string> {
  const known = await knownCodePoints();
  const forms = known.filter((char) => nfd(char) !== text(char) && !isHangul(char));
  const classes = combiningClasses(known.filter(isNonStarter));
  const decompositions = forms.map((char) => packed(char, ...parts(char, forms)));
  const compositions = forms.filter(isComposed).map((char) => {
    const [first, second] = parts(char, forms);
    return packed(first, second, char);
  });
  const lists = [decompositions, compositions, classRanges(classes)].map((list) =>
    list.sort(order),
  );
  const head = Uint32Array.of(...lists.map((list) => list.length), 0);
  const bytes = [head, ...lists.map((list) => BigUint64Array.from(list))];
  const data = Buffer.concat(bytes.map(({ buffer }) => new Uint8Array(buffer)));
  const second = compositions.map((pair) => Number((pair >> 21n) & 0x1fffffn));
  const unsettled = [...classes.keys(), ...forms.filter((char) => !isComposed(char)), ...second];
  return dataOf("normalForm", data) + codePointsSource("codePoints", [...unsettled, ...jamo()]);
}

const newer = [
  "7fd 897-89f 8ca-8d3 9fe c3c d3b-d3c eba 1715 1abf-1ace 1df6-1dfa a82c 105c9 105e4 10d24-10d27",
  "10d69-10d6d 10eab-10eac 10efd-10eff 10f46-10f50 10f82-10f85 11070 1133b 11383 11385 1138e 11391",
  "113c5 113c7-113c8 113ce-113d0 1145e 11839-1183a 11938 1193d-1193e 11943 119e0 11a34 11a47 11a99",
  "11d42 11d44-11d45 11d97 11f41-11f42 16121-16128 1612f 16d68-16d6a 16ff0-16ff1 1e08f 1e130-1e136",
  "1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef",
];

async function knownCodePoints(): Promise<number[]> {
  const left = new Set(await codePointsOf("Unassigned"));
  for (const char of await codePointsOf("Surrogate")) left.add(char);
  for (const range of newer.join(" ").split(" ")) {
    const [first = 0, last = first] = range.split("-").map((hex) => parseInt(hex, 16));
    for (let char = first; char <= last; char++) left.add(char);
  }
  return Array.from({ length: 0x110000 }, (_, char) => char).filter((char) => !left.has(char));
}

const text = (char: number) => String.fromCodePoint(char);
const nfd = (char: number) => text(char).normalize("NFD");
const isHangul = (char: number) => char >= 0xac00 && char <= 0xd7a3;
const isComposed = (char: number) => nfd(char).normalize("NFC") === text(char);
const order = (a: bigint, b: bigint) => (a < b ? -1 : 1);

function packed(first: number, second: number, third: number): bigint {
  return (BigInt(first) << 42n) | (BigInt(second) << 21n) | BigInt(third);
}

/** The vowels and finals of Hangul, which go together with what stands before them. */
function jamo(): number[] {
  const vowels = Array.from({ length: 21 }, (_, number) => 0x1161 + number);
  return [...vowels, ...Array.from({ length: 27 }, (_, number) => 0x11a8 + number)];
}

/** What a character decomposes into at first: the last of its parts, and the rest composed. */
function parts(char: number, forms: number[]): [first: number, second: number] {
  const all = Array.from(nfd(char), (part) => part.codePointAt(0) ?? 0);
  const last = all.pop() ?? 0;
  if (nfd(last) !== text(last))
    throw new Error(`U+${last.toString(16)} falls apart as a last part`);
  if (all.length === 0) return [last, 0];
  if (all.length === 1) return [all[0] ?? 0, last];
  const before = String.fromCodePoint(...all);
  const first = forms.find((form) => nfd(form) === before);
  if (first === undefined) throw new Error(`U+${char.toString(16)} has no part for ${before}`);
  return [first, last];
}

/** Whether a character trades places with one of the lowest class or of the highest. */
function isNonStarter(char: number): boolean {
  return swaps(text(char), "\u0334") || swaps("\u0345", text(char));
}

/** Whether `b` comes to stand before `a`. */
function swaps(a: string, b: string): boolean {
  return a !== b && (a + b).normalize("NFD") === b + a;
}

/** The class of each, found by who trades places with whom. */
function combiningClasses(chars: number[]): Map<number, number> {
  const likes: number[][] = [];
  for (const char of chars.filter((char) => nfd(char) === text(char))) {
    const at = likes.findIndex(([like = 0]) => !swaps(text(char), text(like)));
    const like = likes[at];
    if (like === undefined) likes.push([char]);
    else if (swaps(text(like[0] ?? 0), text(char))) likes.splice(at, 0, [char]);
    else like.push(char);
  }
  return new Map(likes.flatMap((like, rank) => like.map((char) => [char, rank + 1] as const)));
}

function classRanges(classes: Map<number, number>): bigint[] {
  const ranges: { first: number; last: number; rank: number }[] = [];
  for (const [char, rank] of [...classes].sort(([a], [b]) => a - b)) {
    const open = ranges.at(-1);
    if (open?.last === char - 1 && open.rank === rank) open.last = char;
    else ranges.push({ first: char, last: char, rank });
  }
  return ranges.map(({ first, last, rank }) => {
    return (BigInt(first) << 32n) | (BigInt(last) << 8n) | BigInt(rank);
  });
}
