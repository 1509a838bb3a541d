import * as cl100k from "../../build/vocab/cl100k_base";
import * as o200k from "../../build/vocab/o200k_base";
import { Encoding } from "./encoding";

/** Answer of `mergedId` for two tokens that do not merge. */
export const noToken: u32 = 0xffffffff;

/** The layout of the tables is drawn in tools/bake_merges.ts. */
const idBits: u64 = 18;
const keyBits: u64 = 36;
const keyMask: u64 = (1 << keyBits) - 1;
const mixer: u64 = 0x9e3779b97;

/** The token of a single byte. */
export function idOfByte(encoding: Encoding, byte: u32): u32 {
  const ids = encoding == Encoding.O200kBase ? o200k.byteIds : cl100k.byteIds;
  return load<u32>(ids + (((<usize>byte) & 0xff) << 2));
}

/** The token that two adjacent tokens merge into; its id is its rank, the lowest merges first. */
export function mergedId(encoding: Encoding, left: u32, right: u32): u32 {
  const key = ((((<u64>left) << idBits) | right) * mixer) & keyMask;
  if (encoding == Encoding.O200kBase) return find(o200k.pairSlots, o200k.homeBits, key);
  return find(cl100k.pairSlots, cl100k.homeBits, key);
}

// @inline: a loop of one load over a few slots, once for every pair of neighbours.
@inline
function find(slots: usize, homeBits: u64, key: u64): u32 {
  const wanted = key << idBits;
  let slot = slots + ((<usize>(key >> (keyBits - homeBits))) << 3);
  // The slots ascend up to a last one of ones, so this ends.
  while (load<u64>(slot) < wanted) slot += 8;
  const id = load<u64>(slot) ^ wanted;
  return id >> idBits == 0 ? <u32>id : noToken;
}
