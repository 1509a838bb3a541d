import { asScript } from "../property/bpe_fault.ts";
import { Random } from "../../bench/haystack/random.ts";
import { drawCuts } from "../property/bpe_texts.ts";
import type { BpeModule } from "../unit/bpe_module.ts";
import type { Reference } from "./references.ts";

const batchTexts = 256;
const shownMax = 10;
const unsorted = /[\p{M}\u1161-\u1175\u11a8-\u11c2]{60}/u;

/** What a comparison came to. */
export interface Comparison {
  texts: number;
  bytes: number;
  /** Texts whose count differs in some way of counting; up to 10 are shown. */
  wrong: string[];
}

/** Counts every text whole, in chunks and cut anywhere, and compares with the reference. */
export async function compare(
  bpe: BpeModule,
  encoding: number,
  reference: Reference,
  texts: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<Comparison> {
  const result: Comparison = { texts: 0, bytes: 0, wrong: [] };
  let batch: Uint8Array[] = [];
  const settle = async (): Promise<void> => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const expected = await reference(batch.map((bytes) => decoder.decode(bytes)));
    for (const [index, bytes] of batch.entries()) {
      const fault = faultOf(bpe, encoding, bytes, expected[index] ?? -1);
      if (fault !== null && result.wrong.length < shownMax) result.wrong.push(fault);
      result.texts++;
      result.bytes += bytes.length;
    }
    batch = [];
  };
  for await (const text of texts) {
    batch.push(typeof text === "string" ? Buffer.from(text) : text);
    if (batch.length === batchTexts) await settle();
  }
  await settle();
  return result;
}

function faultOf(bpe: BpeModule, encoding: number, bytes: Uint8Array, expected: number) {
  const random = new Random(bytes.length);
  const cuts = drawCuts(random, bytes.length);
  const chunkBytes = random.pick([1, 2, 3, 4, 5, 7, 16, 17, 63, 64]);
  const ways: [way: string, count: number][] = [
    ["whole", bpe.countWhole(encoding, bytes)],
    ["as one chunk", bpe.count(encoding, bytes)],
    [`in chunks of ${chunkBytes}`, bpe.countInChunks(encoding, bytes, chunkBytes)],
    [`cut at ${cuts.join(", ")}`, bpe.countCut(encoding, bytes, cuts)],
  ];
  // More marks in a row than are normalised at a time are said not to be counted exactly.
  if (ways[1]?.[1] === -1 && unsorted.test(Buffer.from(bytes).toString())) return null;
  const wrong = ways.find(([, count]) => count !== expected);
  if (wrong === undefined) return null;
  return `${asScript(bytes)} counted ${wrong[0]}: ${wrong[1]} instead of ${expected}`;
}
