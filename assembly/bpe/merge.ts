import { mergeWindowBytes } from "../bounds";
import { firstTokens } from "./first_merges";
import { mergeFirst } from "./merge_first";
import { scratchBytes, useOwnScratch, useScratch } from "./merge_scratch";
import { Vocabulary } from "./vocabulary";
import { tokensInWindows } from "./window_merge";

/** A piece of so many bytes is merged at once; a window of a longer one has so many tokens. */
const narrowTokens: u32 = 62;
/** For windows whose seams do not hold. */
const wideTokens: u32 = mergeWindowBytes;
/** So that more than a few tokens are in a window. */
const leastTokens: u32 = 24;

/**
 * The number of tokens of one piece (1 byte or more), in time that grows with its length. 16 bytes
 * must be readable behind it. Only tests give the tokens of a window.
 */
export function mergedTokens(v: Vocabulary, ptr: usize, bytes: u32, windowTokens: u32 = 0): u32 {
  if (windowTokens != 0) return tokensInWindowsOf(v, ptr, bytes, windowTokens);
  if (bytes <= narrowTokens) return mergeFirst(v, firstTokens(v, ptr, bytes, wideTokens));
  const tokens = tokensInWindows(v, ptr, bytes, narrowTokens, wideTokens);
  return tokens != 0 ? tokens : tokensInGrowingWindows(v, ptr, bytes, wideTokens);
}

function tokensInWindowsOf(v: Vocabulary, ptr: usize, bytes: u32, windowTokens: u32): u32 {
  const most = min(max(windowTokens, leastTokens), wideTokens);
  const tokens = tokensInWindows(v, ptr, bytes, most, most);
  return tokens != 0 ? tokens : tokensInGrowingWindows(v, ptr, bytes, most);
}

/** Where windows were too short: in windows twice as long, until they are not. */
function tokensInGrowingWindows(v: Vocabulary, ptr: usize, bytes: u32, tooShort: u32): u32 {
  let tokens: u32 = 0;
  for (let most = tooShort << 1; tokens == 0; most <<= 1) {
    const scratch = heap.alloc(scratchBytes(most));
    memory.fill(scratch, 0, scratchBytes(most));
    useScratch(scratch, most);
    tokens = tokensInWindows(v, ptr, bytes, most, most);
    heap.free(scratch);
  }
  useOwnScratch();
  return tokens;
}
