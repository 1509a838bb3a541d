import { cuts } from "./bake_cuts.ts";
import { dataOf } from "./bake_data.ts";
import { firstMerges } from "./bake_first_merges.ts";
import { pairTable } from "./bake_pair_table.ts";
import { recoverPairs } from "./bake_pairs.ts";

/**
 * All that merging needs of one encoding, as one block: a head, which `Vocabulary` of
 * assembly/bpe/vocabulary.ts declares field by field, and the tables it points to.
 */
const headBytes = 96;
const alignment = 16;

/** Ranks are sorted into classes of rising ranks; the last is for pairs that do not merge. */
const rankClassBits = 6;
const rankClasses = 64;
const noRank = 2 ** 18 - 1;
/** The ranks below are the commonest; classes get wider from here on. */
const lowRanks = 300;

/**
 * AssemblyScript source of the tables of tokens listed by rank. One that no merges lead to is put
 * into `unreached` and left out; without that list it is an error.
 */
export function mergeTableSource(tokens: Uint8Array[], unreached?: Uint8Array[]): string {
  const byteIds = idsOfBytes(tokens);
  const lost: Uint8Array[] = unreached ?? [];
  const pairs = recoverPairs(tokens, byteIds, lost);
  if (!unreached && lost[0]) {
    throw new Error(`token ${tokens.indexOf(lost[0])} does not re-encode to itself`);
  }
  return dataOf("vocabulary", block(tokens, pairs, byteIds));
}

function idsOfBytes(tokens: Uint8Array[]): number[] {
  const ids: number[] = [];
  tokens.forEach((token, id) => {
    if (token.length === 1) ids[token[0]!] = id;
  });
  for (let byte = 0; byte < 256; byte++) {
    if (ids[byte] === undefined) throw new Error(`no token is the single byte ${byte}`);
  }
  return ids;
}

function block(tokens: Uint8Array[], pairs: Map<number, number>, byteIds: number[]): Buffer {
  const table = pairTable(pairs);
  const first = firstMerges(pairs, byteIds);
  const cut = cuts(tokens, pairs, byteIds);
  const parts = [
    table.entries,
    table.slots,
    Uint32Array.from(byteIds),
    classesOfRanks(tokens.length),
    first.byteClasses,
    first.cells,
    first.tokens,
    cut.marks,
    cut.charInfo,
  ];
  const head = Buffer.alloc(headBytes);
  head.writeBigUInt64LE(table.leftMixer, 0);
  head.writeBigUInt64LE(table.keyMask, 8);
  head.writeBigUInt64LE(BigInt(table.spreader), 16);
  head.writeUInt32LE(table.homeScale, 24);
  head.writeUInt32LE(byteIds[0xff]!, 28);
  head.writeUInt32LE(first.classes, 32);
  head.writeUInt32LE(cut.marksShift, 36 + 4 * parts.length);
  head.writeUInt32LE(cut.hasHumps ? 1 : 0, 40 + 4 * parts.length);
  return laidOut(head, parts);
}

/** The head with the parts behind it; where they lie is written into the head from byte 36 on. */
function laidOut(head: Buffer, parts: (Uint8Array | Uint16Array | Uint32Array)[]): Buffer {
  let bytes = head;
  parts.forEach(({ buffer }, i) => {
    const at = Math.ceil(bytes.length / alignment) * alignment;
    bytes = Buffer.concat([bytes, Buffer.alloc(at - bytes.length), new Uint8Array(buffer)]);
    bytes.writeUInt32LE(at, 36 + 4 * i);
  });
  return bytes;
}

/** The class of every 64 ranks, as even in the logarithm as 64 allow. */
function classesOfRanks(tokens: number): Uint8Array {
  const classes = new Uint8Array((noRank + 1) >> rankClassBits).fill(rankClasses - 1);
  if (tokens > (noRank >> rankClassBits) << rankClassBits) throw new Error(`${tokens} tokens`);
  const width = Math.log(tokens / lowRanks) / (rankClasses - 1);
  for (let i = 0; i << rankClassBits < tokens; i++) {
    const rank = (i + 0.5) * 2 ** rankClassBits;
    const number = Math.floor(Math.log(rank / lowRanks) / width);
    classes[i] = Math.max(0, Math.min(rankClasses - 2, number));
  }
  return classes;
}
