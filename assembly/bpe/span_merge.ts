import { mergeWindowBytes } from "../bounds";
import { firstTokens } from "./first_merges";
import { mergeMany } from "./merge_many";
import { nexts, starts } from "./merge_scratch";
import { Vocabulary } from "./vocabulary";
import { isSeam } from "./window_merge";

/** For a piece that is merged as it arrives, window by window. */

/** As many as a span has bytes, and what may be put in at once. */
const spanTokensMax: u32 = mergeWindowBytes + 8;
/** For each byte that begins a token of the last span, u16: where the token ends. */
const ends: usize = memory.data(2 * mergeWindowBytes, 16);

/** Merges a span of up to `mergeWindowBytes`; answers the number of its tokens, see `tokenEnd`. */
export function mergeSpan(v: Vocabulary, ptr: usize, bytes: u32): u32 {
  const first = firstTokens(v, ptr, bytes, spanTokensMax);
  const tokens = mergeMany(v, first);
  let position: usize = 1;
  while (position <= first) {
    const next: usize = load<u32>(nexts + (position << 2));
    const start: usize = load<u32>(starts + (position << 2));
    store<u16>(ends + (start << 1), load<u16>(starts + (next << 2)));
    position = next;
  }
  return tokens;
}

/** Where the token ends that begins at this byte of the span merged last. */
export function tokenEnd(start: u32): u32 {
  return load<u16>(ends + ((<usize>start) << 1));
}

/** Whether the tokens [start, seam) and [seam, end) are the encoding of the two of them. */
export function seamHolds(v: Vocabulary, ptr: usize, start: u32, seam: u32, end: u32): bool {
  return isSeam(v, ptr + start, seam - start, end - start, spanTokensMax);
}
