import { mergeWindowBytes } from "../bounds";

/**
 * What merging works on, u32 each. Positions 1 and up are tokens; position 0 and the one behind
 * the last stand for the edges of the text.
 *
 *   ids        the token; `edge` of the vocabulary at the edges
 *   starts     where it begins, in bytes from the text's first; at the end, where the text ends
 *   nexts, previouses  the positions of its neighbours
 *   ranks      what it and the next one merge at
 *   classes    the class of that rank
 *   members    for each class a bit for each position that has it, in words of 64; bits of
 *              positions that are gone stay until they are looked at
 *   alive      a bit for each position that is not gone
 */
export let ids: usize = 0;
export let starts: usize = 0;
export let nexts: usize = 0;
export let previouses: usize = 0;
export let ranks: usize = 0;
export let classes: usize = 0;
export let members: usize = 0;
export let alive: usize = 0;

const arrays: u32 = 6;
/** Positions more than tokens: the edges, and what may be put in at once. */
const spare: u32 = 12;
/** Those of members, one for each class of ranks, and `alive`. */
const sets: u32 = 65;

/** Room for a window with as many tokens as bytes. */
const ownWords: u32 = (mergeWindowBytes + spare + 63) / 64;
const ownBytes: u32 = arrays * 4 * (mergeWindowBytes + spare) + sets * 8 * ownWords;
const ownScratch: usize = memory.data(ownBytes, 16);
useOwnScratch();

/** Bytes of the scratch for so many tokens. */
export function scratchBytes(tokens: u32): usize {
  const words = (tokens + spare + 63) / 64;
  return <usize>arrays * 4 * (tokens + spare) + <usize>sets * 8 * words;
}

/** Goes over to another scratch for so many tokens; its `members` must be 0. */
export function useScratch(ptr: usize, tokens: u32): void {
  const arrayBytes = (<usize>tokens + spare) << 2;
  members = ptr;
  alive = ptr + (sets - 1) * <usize>((tokens + spare + 63) / 64) * 8;
  ids = ptr + scratchBytes(tokens) - <usize>arrays * arrayBytes;
  starts = ids + arrayBytes;
  nexts = starts + arrayBytes;
  previouses = nexts + arrayBytes;
  ranks = previouses + arrayBytes;
  classes = ranks + arrayBytes;
}

/** Comes back to the static one, which holds up to `mergeWindowBytes` tokens. */
export function useOwnScratch(): void {
  useScratch(ownScratch, mergeWindowBytes);
}
