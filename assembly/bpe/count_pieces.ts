import { pieceStarts, WindowTrait, windowBytes } from "./ascii_window";
import { longTokens } from "./cross_cut";
import { Encoding } from "./encoding";
import { cachedTokens, cacheOf, shortPieceBytesMax } from "./piece_cache";
import { pieceEnd, windowTraits } from "./split";
import { undecided } from "./split_parts";
import { vocabularyOf } from "./vocabulary";

/** Tokens of the pieces that the last call counted. */
export let countedTokens: u64 = 0;

/**
 * Counts the pieces of the well-formed UTF-8 text [ptr, end) whose ends no further text can change,
 * all of them when the text is `final`. Answers where the first piece not counted begins.
 */
export function countPieces(encoding: Encoding, ptr: usize, end: usize, final: bool): usize {
  countedTokens = 0;
  const v = vocabularyOf(encoding);
  if (v === null) return end;
  const cache = cacheOf(v);
  const traits = windowTraits(encoding);
  let tokens: u64 = 0;
  while (ptr < end) {
    let starts = startsAt(ptr, end, traits);
    if (starts == 0) {
      const next = pieceEnd(encoding, ptr, end, final);
      if (next == undecided) break;
      const bytes = <u32>(next - ptr);
      tokens +=
        bytes <= shortPieceBytesMax
          ? cachedTokens(cache, v, ptr, bytes)
          : longTokens(v, ptr, bytes);
      ptr = next;
      continue;
    }
    const window = ptr;
    do {
      const next = window + <usize>ctz(starts);
      const bytes = <u32>(next - ptr);
      tokens +=
        bytes <= shortPieceBytesMax
          ? cachedTokens(cache, v, ptr, bytes)
          : longTokens(v, ptr, bytes);
      ptr = next;
      starts &= starts - 1;
    } while (starts != 0);
  }
  countedTokens = tokens;
  return ptr;
}

/** A window costs more than a piece or two, so it is opened only where ASCII begins. */
function startsAt(ptr: usize, end: usize, traits: u32): u64 {
  if (traits == WindowTrait.None || ptr + windowBytes > end) return 0;
  if ((load<u16>(ptr) & 0x8080) != 0) return 0;
  return pieceStarts(ptr, traits);
}
