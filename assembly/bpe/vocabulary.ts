import { tablesOf } from "../../build/vocab/carried";
import { Encoding } from "./encoding";

/** The rank of two tokens that do not merge: above all others. */
export const noRank: u32 = 0x3ffff;

/** See tools/bake_pair_table.ts, where the table of merges is drawn. */
const mixer: u64 = 0x9e3779b97;
const remainderBits: u64 = 20;
const remainderMask: u64 = (1 << remainderBits) - 1;
const slotMask: u64 = (1 << 40) - 1;
const rankBits: u64 = 18;

/** Ranks share a class by 64. */
const rankClassBits: u32 = 6;
/** The class of pairs that do not merge. */
export const noRankClass: u32 = 63;

/** Of tools/bake_cuts.ts. */
const markFactor: u64 = 0x9e3779b97f4a7c15;
const unknownChar: u32 = 0xffff;

/**
 * The tables of one encoding, as tools/bake_merges.ts laid them: this is the head of the block,
 * and the tables lie behind it. Nothing is built when the module starts.
 */
@unmanaged
export class Vocabulary {
  private leftMixer: u64;
  private keyMask: u64;
  private spreader: u64;
  private homeScale: u32;
  /** A token that merges with none: what stands before and behind a text. */
  edge: u32;
  /** Number of the classes of bytes that first merges tell apart. */
  byteClasses: u32;
  /** Where the tables lie, in bytes from this head. */
  private entriesAt: u32;
  private slotsAt: u32;
  private byteIdsAt: u32;
  private rankClassesAt: u32;
  private classesOfBytesAt: u32;
  private cellsAt: u32;
  private twoByteTokensAt: u32;
  private marksAt: u32;
  private charInfoAt: u32;
  private marksShift: u32;
  /** 1 where tokens go from a lower-case letter to a capital. */
  hasHumps: u32;

  /** Where the u32 token of each byte stands. */
  get byteIds(): usize {
    return changetype<usize>(this) + this.byteIdsAt;
  }

  /** The tables of tools/bake_first_merges.ts. */
  get classesOfBytes(): usize {
    return changetype<usize>(this) + this.classesOfBytesAt;
  }

  get cells(): usize {
    return changetype<usize>(this) + this.cellsAt;
  }

  get twoByteTokens(): usize {
    return changetype<usize>(this) + this.twoByteTokensAt;
  }

  /** The class of a rank: a lower class means a lower rank. */
  // @inline: one load, twice for every merge.
  @inline
  rankClass(rank: u32): u32 {
    return load<u8>(changetype<usize>(this) + this.rankClassesAt + (rank >> rankClassBits));
  }

  /** Four bits about a character; tools/bake_cuts.ts says which. */
  // @inline: one load for every character, as the next.
  @inline
  charInfo(codePoint: u32): u32 {
    const char = min<u32>(codePoint, unknownChar);
    const two: u32 = load<u8>(changetype<usize>(this) + this.charInfoAt + (char >> 1));
    return (two >> ((char & 1) << 2)) & 0xf;
  }

  /** Whether a token may hold this of two characters. */
  @inline
  isMarked(crossing: u32, first: u32, second: u32): bool {
    const number = ((<u64>crossing) << 42) | ((<u64>first) << 21) | second;
    const bit = <usize>((number * markFactor) >> this.marksShift);
    const bits: u32 = load<u8>(changetype<usize>(this) + this.marksAt + (bit >> 3));
    return ((bits >> ((<u32>bit) & 7)) & 1) != 0;
  }

  /**
   * The token that two adjacent tokens merge into, `noRank` for none. A token's number is its
   * rank: the lowest merges first.
   */
  // @inline: merging is little else. `npm run bench -- tokens`, many scripts: a third slower.
  @inline
  mergedRank(left: u32, right: u32): u32 {
    const base = changetype<usize>(this);
    const key = (<u64>left * this.leftMixer + <u64>right * mixer) & this.keyMask;
    const remainder = key & remainderMask;
    const bucket = <usize>(key >> remainderBits);
    const entry = <u32>load<u16>(base + this.entriesAt + (bucket << 1));
    const window = 16 + (((<u64>entry) & 3) << 3);
    const spread = (<u32>((remainder * this.spreader) >> window)) & 0xff;
    const slot = ((((entry * this.homeScale) >> 14) + spread) << 2) | (entry & 3);
    const kept = load<u64>(base + this.slotsAt + <usize>slot * 5);
    const rest = (kept ^ (remainder << rankBits)) & slotMask;
    return select<u32>(<u32>rest, noRank, rest < 1 << rankBits);
  }
}

/** The tables of an encoding; null where this module does not carry it. */
export function vocabularyOf(encoding: Encoding): Vocabulary | null {
  return changetype<Vocabulary | null>(tablesOf(encoding));
}
