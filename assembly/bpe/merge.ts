import { mergeTokensMax, mergeWindowBytes } from "../bounds";
import { firstTokens } from "./first_merges";
import { mergeFirst } from "./merge_first";
import { tokensInSpans } from "./span_merge";
import { Vocabulary } from "./vocabulary";
import { tokensInWindows } from "./window_merge";

/** For a piece that is merged as it arrives. */
export { mergeSpan, seamHolds, tokenEnd } from "./span_merge";

/**
 * The number of tokens of one piece (1 byte or more), in time that grows with its length. 16 bytes
 * must be readable behind it. `spanBytes` is where spans begin for what windows cannot hold; only
 * tests give it, and get spans at once.
 */
export function mergedTokens(v: Vocabulary, ptr: usize, bytes: u32, spanBytes: u32 = 0): u32 {
  if (spanBytes != 0) return tokensInSpans(v, ptr, bytes, spanBytes);
  if (bytes <= mergeTokensMax) return mergeFirst(v, firstTokens(v, ptr, bytes));
  const tokens = tokensInWindows(v, ptr, bytes);
  return tokens != 0 ? tokens : tokensInSpans(v, ptr, bytes, mergeWindowBytes);
}
