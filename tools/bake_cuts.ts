import { pairBase } from "./bake_pairs.ts";

/**
 * Where no token can cross from one character to the next, of which one is not ASCII: there a piece
 * may be cut, and its parts counted apart. assembly/bpe/cross_cut.ts asks.
 *
 * A token that crosses holds the whole or the end of the first character, and the whole or the
 * begin of the second. `marks` is the set of all such that tokens hold; it may seem to hold others,
 * for it is a bit for each hash. Those with an end or a begin are few, and only asked for where
 * `charInfo` says so. It has 4 bits for each code point below U+10000:
 *
 *   bits 0..1  tokens of the character alone; 0 for unknown
 *   bit 2      some token holds the end of another character before it or before its begin
 *   bit 3      some token holds the begin of another character behind it
 *
 * Words of code may be cut between a lower-case letter and a capital, too, for patterns that do not
 * do it themselves. There the bytes before and behind the two have a say: `marks` has them with
 * what a token holds of these four.
 */
export interface Cuts {
  marks: Uint8Array;
  /** Of a hash of 64 bits, how many are above the number of the bit. */
  marksShift: number;
  charInfo: Uint8Array;
  /** Whether any token goes from a lower-case letter to a capital. */
  hasHumps: boolean;
}

/**
 * What a token holds of two characters: their code points; but of an end the last byte, and of a
 * begin its bits, with the bytes that it has and that the character has above them.
 */
const crossings = { both: 0, end: 1, begin: 2, endAndBegin: 3, hump: 4 } as const;

const infoChars = 0x10000;
/** Its info says that nothing is known; it stands for all characters above. */
const unknownChar = 0xffff;
const endBefore = 4;
const beginBehind = 8;
/** Of a hundred crossings that no token has, eight seem to be in the set. */
const bitsPerMark = 12;
const hashFactor = 0x9e3779b97f4a7c15n;

/** A token as characters: the last byte of one, whole ones, the begin of one. */
interface Parts {
  end: number | null;
  chars: number[];
  begin: Begin | null;
}

interface Begin {
  tagged: number;
  /** The code points that begin so. */
  first: number;
  last: number;
}

/** The cuts for tokens that these merges (left * 2^18 + right to the token) lead to. */
export function cuts(
  tokens: Iterable<Uint8Array>,
  pairs: Map<number, number>,
  byteIds: number[],
): Cuts {
  const charInfo = new Uint8Array(infoChars / 2);
  const found = new Set<bigint>();
  const inform = (char: number, bits: number): void => {
    if (char < infoChars) charInfo[char >> 1]! |= bits << (4 * (char & 1));
  };
  let hasHumps = false;
  for (const token of tokens) {
    for (let at = 1; at < token.length; at++) {
      if (!isLower(token[at - 1]!) || !isCapital(token[at]!)) continue;
      hasHumps = true;
      found.add(humpAt(token, at));
    }
    const parts = partsOf(token);
    if (parts) addCrossings(parts, found, inform);
  }
  for (let char = 0; char < unknownChar; char++) inform(char, tokensOf(char, pairs, byteIds));
  inform(unknownChar, endBefore | beginBehind);
  let bits = 16;
  while (2 ** bits < found.size * bitsPerMark) bits++;
  const marks = new Uint8Array(2 ** bits / 8);
  for (const crossing of found) {
    const bit = Number(BigInt.asUintN(64, crossing * hashFactor) >> BigInt(64 - bits));
    marks[bit >> 3]! |= 1 << (bit & 7);
  }
  return { marks, marksShift: 64 - bits, charInfo, hasHumps };
}

function addCrossings(
  { end, chars, begin }: Parts,
  found: Set<bigint>,
  inform: (char: number, bits: number) => void,
): void {
  for (let i = 0; i + 1 < chars.length; i++) {
    const [first, second] = [chars[i]!, chars[i + 1]!];
    if (first >= 0x80 || second >= 0x80) found.add(crossing(crossings.both, first, second));
  }
  const [firstChar, lastChar] = [chars[0], chars[chars.length - 1]];
  if (end !== null && firstChar !== undefined) {
    found.add(crossing(crossings.end, end, firstChar));
    inform(firstChar, endBefore);
  }
  if (begin && lastChar !== undefined) {
    found.add(crossing(crossings.begin, lastChar, begin.tagged));
    inform(lastChar, beginBehind);
  }
  if (begin && end !== null && chars.length === 0) {
    found.add(crossing(crossings.endAndBegin, end, begin.tagged));
    for (let char = begin.first; char <= begin.last; char++) inform(char, endBefore);
  }
}

/** The two letters around `at`, the byte before and the byte behind them, 0 where there is none. */
function humpAt(token: Uint8Array, at: number): bigint {
  const before = (token[at - 2] ?? 0) * 256 + token[at - 1]!;
  return crossing(crossings.hump, before, token[at]! * 256 + (token[at + 1] ?? 0));
}

function isLower(byte: number): boolean {
  return byte >= 0x61 && byte <= 0x7a;
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function crossing(kind: number, first: number, second: number): bigint {
  return (BigInt(kind) << 42n) | (BigInt(first) << 21n) | BigInt(second);
}

/** Null for bytes that are in no well-formed text. */
function partsOf(token: Uint8Array): Parts | null {
  let at = 0;
  while (at < token.length && isTail(token[at]!)) at++;
  const parts: Parts = { end: at > 0 ? token[at - 1]! : null, chars: [], begin: null };
  while (at < token.length) {
    const lead = token[at]!;
    const bytes = bytesOfChar(lead);
    const here = token.subarray(at, at + bytes);
    if (bytes === 0 || !here.slice(1).every(isTail)) return null;
    let char = bytes === 1 ? lead : lead & (0x7f >> bytes);
    for (const tail of here.slice(1)) char = (char << 6) | (tail & 0x3f);
    if (here.length === bytes) parts.chars.push(char);
    else parts.begin = beginOf(char, here.length, bytes);
    at += here.length;
  }
  return parts;
}

function beginOf(bits: number, has: number, bytes: number): Begin {
  const open = 6 * (bytes - has);
  const tagged = bits | ((bytes * 4 + has) << 15);
  return { tagged, first: bits << open, last: ((bits + 1) << open) - 1 };
}

function isTail(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function bytesOfChar(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Tokens of a character alone, also of a surrogate, which no text contains. */
function tokensOf(char: number, pairs: Map<number, number>, byteIds: number[]): number {
  const parts = bytesOf(char).map((byte) => byteIds[byte]!);
  for (;;) {
    const ranks = parts.slice(1).map((right, i) => pairs.get(parts[i]! * pairBase + right));
    const lowest = Math.min(...ranks.map((rank) => rank ?? Infinity));
    if (!Number.isFinite(lowest)) return parts.length;
    parts.splice(ranks.indexOf(lowest), 2, lowest);
  }
}

function bytesOf(char: number): number[] {
  if (char < 0x80) return [char];
  const tail = 0x80 | (char & 0x3f);
  if (char < 0x800) return [0xc0 | (char >> 6), tail];
  return [0xe0 | (char >> 12), 0x80 | ((char >> 6) & 0x3f), tail];
}
