import { mergeTokensMax } from "../bounds";
import { firstTokens, tokenStarts } from "./first_merges";
import { mergeFirst, tokensLeft } from "./merge_first";
import { Vocabulary } from "./vocabulary";

/** Of the first tokens in a window, those that what follows may still change are done again. */
const marginTokens: u32 = 16;
/** What finding first tokens looks at behind the last. */
const lookaheadBytes: u32 = 2;

/** The window merged last, offsets from its begin: its end, and the kept tokens. */
let spanBytes: u32 = 0;
let kept: u32 = 0;
let keptEnd: u32 = 0;
let lastStart: u32 = 0;
let firstEnd: u32 = 0;

/**
 * The number of tokens of a piece, merged in windows of up to 64 first tokens; 0 where two tokens
 * at a seam were not the encoding of their text. Why that is exact: see `tokensInSpans`. A window
 * with the same text as the one before is not merged again, so that repetition costs nothing.
 */
export function tokensInWindows(v: Vocabulary, ptr: usize, bytes: u32): u32 {
  const end = ptr + bytes;
  let at = ptr;
  let tokens: u32 = 0;
  let repeated = false;
  while (true) {
    const seamStart = at - keptEnd + lastStart;
    const same = at > ptr && isSame(at, end);
    if (!same) mergeWindow(v, at, <u32>(end - at));
    // The seam between two windows with the same text was checked once they followed another.
    if (at > ptr && !(same && repeated) && !seamHolds(v, seamStart, at)) return 0;
    repeated = same;
    tokens += kept;
    if (at + spanBytes == end) return tokens;
    at += keptEnd;
  }
}

function mergeWindow(v: Vocabulary, ptr: usize, bytes: u32): void {
  const first = firstTokens(v, ptr, bytes);
  mergeFirst(v, first);
  const tokens = tokensLeft(first);
  const behindFirst = tokens & (tokens - 1);
  spanBytes = startOf(first);
  firstEnd = startOf(behindFirst != 0 ? <u32>ctz(behindFirst) : first);
  let end = first;
  if (spanBytes < bytes) {
    const sure = behindFirst & (((<u64>2) << (first - marginTokens)) - 1);
    if (sure != 0) end = 63 - <u32>clz(sure);
    else if (behindFirst != 0) end = <u32>ctz(behindFirst);
  }
  const keptTokens = end < 64 ? tokens & (((<u64>1) << end) - 1) : tokens;
  kept = <u32>popcnt(keptTokens);
  keptEnd = startOf(end);
  lastStart = startOf(63 - <u32>clz(keptTokens));
}

/** Whether what decided the last window stands at `at`, too. */
function isSame(at: usize, end: usize): bool {
  const bytes = spanBytes + lookaheadBytes;
  if (<u32>(end - at) < bytes) return false;
  const before = at - keptEnd;
  for (let i: u32 = 0; i < bytes; i += 16) {
    const differing = v128.xor(v128.load(at + i), v128.load(before + i));
    if (v128.any_true(differing)) return false;
  }
  return true;
}

/** Whether [start, seam) and the first token of the last window are the encoding of the two. */
function seamHolds(v: Vocabulary, start: usize, seam: usize): bool {
  const bytes = <u32>(seam - start) + firstEnd;
  const first = firstTokens(v, start, bytes);
  if (startOf(first) != bytes || mergeFirst(v, first) != 2) return false;
  const tokens = tokensLeft(first);
  return startOf(<u32>ctz(tokens & (tokens - 1))) == <u32>(seam - start);
}

/** Where the first token of this number begins. */
function startOf(token: u32): u32 {
  return load<u16>(tokenStarts + ((<usize>token) << 1));
}
