import { recoverPairs } from "./bake_pairs.ts";

/**
 * The merge table of a byte-pair encoding. Every token of more than one byte is the merge of two
 * lower tokens; the table answers which token a pair makes, and that is all that counting needs.
 *
 * Layout: slots of 64 bits, in ascending order, holes filled with ones. A slot is the pair's mixed
 * key (36 bits) shifted left by 18, or-ed with the merged id (18 bits). The mixed key's top bits
 * are the slot where its search begins; it ends at the first slot that is not smaller.
 */
const idBits = 18n;
const keyBits = 2n * idBits;
const keyMask = (1n << keyBits) - 1n;

/** Odd, so multiplying by it modulo 2^36 loses nothing; from the golden ratio, so it spreads. */
const mixer = 0x9e3779b97n;

/** Slots a search may look at; more would mean that the mixer suits this vocabulary badly. */
const probesMax = 64;

/** Bytes of the head that tells where the tables lie; `Vocabulary` of assembly/bpe reads it. */
const headBytes = 16;
const byteIdsBytes = 1024;

/**
 * AssemblyScript source of the tables of tokens listed by rank. One that no merges lead to is put
 * into `unreached` and left out; without that list it is an error.
 */
export function mergeTableSource(tokens: Uint8Array[], unreached?: Uint8Array[]): string {
  const byteIds = idsOfBytes(tokens);
  const lost: Uint8Array[] = unreached ?? [];
  const { slots, homeBits } = placePairs(recoverPairs(tokens, byteIds, lost));
  if (!unreached && lost[0]) {
    throw new Error(`token ${tokens.indexOf(lost[0])} does not re-encode to itself`);
  }
  const head = Uint32Array.of(Number(homeBits), headBytes, headBytes + byteIdsBytes, 0);
  const parts = [head, Uint32Array.from(byteIds), BigUint64Array.from(slots)];
  const bytes = Buffer.concat(parts.map(({ buffer }) => new Uint8Array(buffer)));
  const words = Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readBigUInt64LE(8 * i));
  return `export const vocabulary: usize = memory.data<u64>([\n${hexLines(words)}\n], 16);\n`;
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

function placePairs(pairs: Map<number, number>): { slots: bigint[]; homeBits: bigint } {
  const wanted = BigInt(Math.ceil(Math.log2(pairs.size / 0.8)));
  const entries = Array.from(pairs, ([pair, id]) => (mix(pair) << idBits) | BigInt(id));
  const sorted = BigUint64Array.from(entries).sort();
  const slots: bigint[] = [];
  for (const slot of sorted) {
    const home = Number(slot >> (idBits + keyBits - wanted));
    if (slots.length - home > probesMax) throw new Error("the merge table is too crowded");
    while (slots.length < home) slots.push(0xffffffffffffffffn);
    slots.push(slot);
  }
  while (slots.length <= 1 << Number(wanted)) slots.push(0xffffffffffffffffn);
  slots.push(0xffffffffffffffffn);
  return { slots, homeBits: wanted };
}

function mix(pair: number): bigint {
  return (BigInt(pair) * mixer) & keyMask;
}

function hexLines(words: bigint[]): string {
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += 8) {
    lines.push(
      words
        .slice(i, i + 8)
        .map((word) => `0x${word.toString(16)}`)
        .join(","),
    );
  }
  return lines.join(",\n");
}
