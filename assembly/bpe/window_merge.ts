import { firstTokens } from "./first_merges";
import { mergeFirst, secondPosition } from "./merge_first";
import { nexts, starts } from "./merge_scratch";
import { Vocabulary } from "./vocabulary";

/** What finding first tokens looks at behind the last. */
const lookaheadBytes: u32 = 2;
/** Where tokens have so many bytes on the average, wide windows come first. */
const longTokenBytes: u32 = 12;

/** The window merged last, in bytes from its begin: its end, its first token's, the kept ones. */
let spanBytes: u32 = 0;
let firstEnd: u32 = 0;
let kept: u32 = 0;
let keptEnd: u32 = 0;
let lastStart: u32 = 0;

/**
 * The number of tokens of a piece, merged in windows of up to `narrow` first tokens. From each the
 * tokens well before its end are kept, and the next begins behind them. Tokens are the encoding of
 * their text exactly if every two neighbours are the encoding of theirs; inside a window they are,
 * so what is left to check is the two tokens at each seam. Where they are not, the window behind
 * the seam, then the one before it are done again with up to `wide` first tokens; 0 where that did
 * not help. A window with the same text as the one before is not merged again, so that repetition
 * costs nothing.
 */
export function tokensInWindows(
  v: Vocabulary,
  ptr: usize,
  bytes: u32,
  narrow: u32,
  wide: u32,
): u32 {
  const end = ptr + bytes;
  let at = ptr;
  let seamStart = ptr;
  let tokens: u32 = 0;
  // The window before, to come back to.
  let before = ptr;
  let beforeSeamStart = ptr;
  let beforeTokens: u32 = 0;
  let isWide = false;
  let wasWide = true;
  let isFresh = true;
  let repeated = false;
  while (true) {
    const isSame = !isFresh && isRepeated(at, end);
    if (!isSame) mergeWindow(v, at, <u32>(end - at), isWide ? wide : narrow);
    // The seam between two windows of the same text holds for all that follow.
    if (at > ptr && !(isSame && repeated) && !holds(v, seamStart, at, wide)) {
      if (isWide && wasWide) return 0;
      if (isWide) {
        at = before;
        seamStart = beforeSeamStart;
        tokens = beforeTokens;
        wasWide = true;
      }
      isWide = true;
      isFresh = true;
      continue;
    }
    if (at + spanBytes == end) return tokens + kept;
    before = at;
    beforeSeamStart = seamStart;
    beforeTokens = tokens;
    wasWide = isWide;
    seamStart = at + lastStart;
    tokens += kept;
    at += keptEnd;
    repeated = isSame;
    isFresh = false;
    // Long tokens need long windows.
    isWide = keptEnd >= kept * longTokenBytes;
  }
}

function mergeWindow(v: Vocabulary, ptr: usize, bytes: u32, tokensMax: u32): void {
  const first = firstTokens(v, ptr, bytes, tokensMax);
  kept = mergeFirst(v, first);
  spanBytes = startOf(first + 1);
  keptEnd = spanBytes;
  firstEnd = startOf(secondPosition(first));
  if (spanBytes == bytes) return;
  // What follows may change the last eighth.
  const sure = first - (first >> 3) + 1;
  let last: u32 = 1;
  let behind = nextOf(1);
  kept = 1;
  while (behind <= first && nextOf(behind) <= sure) {
    last = behind;
    behind = nextOf(behind);
    kept++;
  }
  keptEnd = startOf(behind);
  lastStart = startOf(last);
}

/** Whether what decided the last window stands at `at`, too. */
function isRepeated(at: usize, end: usize): bool {
  const bytes = spanBytes + lookaheadBytes;
  if (<u32>(end - at) < bytes) return false;
  const before = at - keptEnd;
  for (let i: u32 = 0; i < bytes; i += 16) {
    if (v128.any_true(v128.xor(v128.load(at + i), v128.load(before + i)))) return false;
  }
  return true;
}

/** Whether [start, seam) and the first token of the last window are the encoding of the two. */
function holds(v: Vocabulary, start: usize, seam: usize, tokensMax: u32): bool {
  return isSeam(v, start, <u32>(seam - start), <u32>(seam - start) + firstEnd, tokensMax);
}

/** Whether the encoding of [ptr, end) is two tokens, the second of which begins at `seam`. */
export function isSeam(v: Vocabulary, ptr: usize, seam: u32, end: u32, tokensMax: u32): bool {
  const first = firstTokens(v, ptr, end, tokensMax);
  if (startOf(first + 1) != end || mergeFirst(v, first) != 2) return false;
  return startOf(secondPosition(first)) == seam;
}

/** Where the token at a position begins. */
function startOf(position: u32): u32 {
  return load<u32>(starts + ((<usize>position) << 2));
}

function nextOf(position: u32): u32 {
  return load<u32>(nexts + ((<usize>position) << 2));
}
