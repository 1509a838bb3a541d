/** Whether a text is counted as the reference counts it, in every way there is to count it. */
import { Random } from "../../bench/haystack/random.ts";
import { type BpeModule, type ReferenceName, referenceCount } from "../unit/bpe_module.ts";
import { drawCuts } from "./bpe_texts.ts";

/** What went wrong with a text. */
export interface BpeFault {
  way: string;
  /** NaN for a trap. */
  counted: number;
  expected: number;
}

const chunkSizes = [1, 2, 3, 4, 5, 7, 15, 16, 17, 63, 64, 65, 300, 511, 512, 513, 900];
/** From here on a stream has looked at what it has before the end comes. */
const longBytesMin = 500;
const shrinkTriesMax = 4_000;

/**
 * The first way of counting that differs from the reference, null if none does. The ways that cut
 * the text are drawn from its bytes, so the same text is always cut the same.
 */
export function faultOf(
  bpe: BpeModule,
  [name, number]: [ReferenceName, number],
  bytes: Uint8Array,
): BpeFault | null {
  const expected = referenceCount(name, bytes);
  const random = new Random(bytes.length * 257 + (bytes.at(-1) ?? 0) + (bytes.at(0) ?? 0) * 7);
  const align = random.below(64);
  const ways: [way: string, count: () => number][] = [
    ["whole", () => bpe.countWhole(number, bytes)],
    [`whole, ${align} bytes behind a multiple of 64`, () => bpe.count(number, bytes, align)],
  ];
  for (let left = bytes.length > longBytesMin ? 4 : 1; left > 0; left--) {
    const chunkBytes = random.pick(chunkSizes.filter((size) => size < bytes.length || size === 1));
    const cuts = drawCuts(random, bytes.length);
    ways.push([`in chunks of ${chunkBytes}`, () => bpe.countInChunks(number, bytes, chunkBytes)]);
    ways.push([`cut at ${cuts.join(", ")}`, () => bpe.countCut(number, bytes, cuts)]);
  }
  for (const [way, count] of ways) {
    const counted = orTrap(count);
    if (counted !== expected) return { way, counted, expected };
  }
  return tillFault(bpe, number, bytes, expected, random);
}

/** A trap is a count like no other; what the module does after one says nothing. */
function orTrap(count: () => number): number {
  try {
    return count();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return NaN;
    throw error;
  }
}

/** A count that may stop says the number up to the limit, and beyond it only that it is beyond. */
function tillFault(
  bpe: BpeModule,
  number: number,
  bytes: Uint8Array,
  expected: number,
  random: Random,
): BpeFault | null {
  const tokensMax = Math.max(
    0,
    expected + random.pick([-2, -1, 0, 1, -random.below(expected + 1)]),
  );
  const counted = orTrap(() => bpe.countTill(number, bytes, tokensMax));
  const holds =
    tokensMax >= expected ? counted === expected : counted > tokensMax && counted <= expected;
  return holds ? null : { way: `till ${tokensMax}`, counted, expected };
}

/** The shortest text found that still fails, by leaving out parts of one that does. */
export function shrink(bytes: Uint8Array, fails: (shorter: Uint8Array) => boolean): Uint8Array {
  let tries = 0;
  let least = bytes;
  for (let part = bytes.length >> 1; part > 0; part = part > 1 ? part >> 1 : 0) {
    for (let at = 0; at < least.length && tries < shrinkTriesMax; tries++) {
      const shorter = Buffer.concat([least.subarray(0, at), least.subarray(at + part)]);
      if (fails(shorter)) least = shorter;
      else at += part;
    }
  }
  return least;
}

/** A text as a JavaScript expression, in ASCII. */
export function asScript(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("utf8");
  if (!Buffer.from(text).equals(bytes)) {
    return `Buffer.from("${Buffer.from(bytes).toString("hex")}", "hex")`;
  }
  const escaped = [...text].map((c) => (/[ -~]/.test(c) ? c.replace(/["\\]/, "\\$&") : code(c)));
  return `"${escaped.join("")}"`;
}

function code(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
