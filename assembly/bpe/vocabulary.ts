import { tablesOf } from "../../build/vocab/carried";
import { Encoding } from "./encoding";

/** Answer of `mergedId` for two tokens that do not merge. */
export const noToken: u32 = 0xffffffff;

/** The layout of the tables is drawn in tools/bake_merges.ts. */
const idBits: u64 = 18;
const keyBits: u64 = 36;
const keyMask: u64 = (1 << keyBits) - 1;
const mixer: u64 = 0x9e3779b97;

/**
 * The tables of one encoding, as they were baked: this is the head of the block, and the tables
 * lie behind it. Nothing is built when the module starts.
 */
@unmanaged
export class Vocabulary {
  /** Bits of a mixed key that say where in the pair table its search begins. */
  private homeBits: u32;
  /** Where the tables lie, in bytes from this head. */
  private byteIdsAt: u32;
  private pairSlotsAt: u32;

  /** The token of a single byte. */
  idOfByte(byte: u32): u32 {
    const ids = changetype<usize>(this) + this.byteIdsAt;
    return load<u32>(ids + (((<usize>byte) & 0xff) << 2));
  }

  /** The token that two adjacent tokens merge into; its id is its rank, the lowest merges first. */
  mergedId(left: u32, right: u32): u32 {
    const key = ((((<u64>left) << idBits) | right) * mixer) & keyMask;
    const wanted = key << idBits;
    const slots = changetype<usize>(this) + this.pairSlotsAt;
    let slot = slots + ((<usize>(key >> (keyBits - this.homeBits))) << 3);
    // The slots ascend up to a last one of ones, so this ends.
    while (load<u64>(slot) < wanted) slot += 8;
    const id = load<u64>(slot) ^ wanted;
    return id >> idBits == 0 ? <u32>id : noToken;
  }
}

/** The tables of an encoding; null where this module does not carry it. */
export function vocabularyOf(encoding: Encoding): Vocabulary | null {
  return changetype<Vocabulary | null>(tablesOf(encoding));
}
