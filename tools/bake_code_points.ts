import { dataOf } from "./bake_data.ts";

const codePoints = 0x110000;
const blockSize = 128;
const blockBytes = blockSize / 8;

/**
 * A set of code points, for `hasCodePoint` of assembly/bpe/code_points.ts: for each 128 of them the
 * number of a block, as u16, then the blocks, a bit for each code point.
 */
export function codePointsSource(name: string, members: Iterable<number>): string {
  const bits = Buffer.alloc(codePoints / 8);
  for (const member of members) bits[member >> 3] = bits[member >> 3]! | (1 << (member & 7));
  const blocks = new Map<string, number>();
  const blockOf = new Uint16Array(codePoints / blockSize);
  for (let i = 0; i < blockOf.length; i++) {
    const block = bits.toString("latin1", i * blockBytes, (i + 1) * blockBytes);
    if (!blocks.has(block)) blocks.set(block, blocks.size);
    blockOf[i] = blocks.get(block)!;
  }
  const table = Buffer.from([...blocks.keys()].join(""), "latin1");
  return dataOf(name, Buffer.concat([new Uint8Array(blockOf.buffer), table]));
}
