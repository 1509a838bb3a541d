import type { Pairs } from "./abi.ts";

const pairsBytesMax = 1 << 20;
const pairsMax = 1024;

/** The wire form of header pairs: count, all sizes, then all bytes, each with a closing NUL. */
export function encodePairs(pairs: readonly (readonly [string, string])[]): Uint8Array {
  let bytes = 4;
  for (const [name, value] of pairs) bytes += name.length + value.length + 10;
  const out = Buffer.alloc(bytes);
  out.writeUInt32LE(pairs.length, 0);
  let sizeAt = 4;
  let textAt = 4 + pairs.length * 8;
  for (const pair of pairs) {
    for (const text of pair) {
      out.writeUInt32LE(text.length, sizeAt);
      out.write(text, textAt, "latin1");
      sizeAt += 4;
      textAt += text.length + 1;
    }
  }
  return out;
}

/** Reads pairs that a module sent; what is malformed or too large is an empty list, as in Envoy. */
export function decodePairs(bytes: Uint8Array): Pairs {
  if (bytes.length < 4 || bytes.length > pairsBytesMax) return [];
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = data.readUInt32LE(0);
  if (count > pairsMax || 4 + count * 8 > data.length) return [];
  const texts: string[] = [];
  let textAt = 4 + count * 8;
  for (let index = 0; index < count * 2; index++) {
    const size = data.readUInt32LE(4 + index * 4);
    if (textAt + size + 1 > data.length || data[textAt + size] !== 0) return [];
    texts.push(data.toString("latin1", textAt, textAt + size));
    textAt += size + 1;
  }
  const pairs: Pairs = [];
  for (let index = 0; index < texts.length; index += 2) {
    pairs.push([texts[index] as string, texts[index + 1] as string]);
  }
  return pairs;
}
