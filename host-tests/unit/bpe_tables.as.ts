import { longTokens } from "../../assembly/bpe/cross_cut";
import { Encoding } from "../../assembly/bpe/encoding";
import { mergedTokens } from "../../assembly/bpe/merge";
import { mergeSpan, seamHolds, tokenEnd } from "../../assembly/bpe/span_merge";
import { Vocabulary, vocabularyOf } from "../../assembly/bpe/vocabulary";

export function alloc(bytes: u32): usize {
  return heap.alloc(bytes);
}

function carried(encoding: Encoding): Vocabulary {
  return changetype<Vocabulary>(changetype<usize>(vocabularyOf(encoding)));
}

/** The token that two tokens merge into; 2^18 - 1 for none. */
export function mergedRank(encoding: Encoding, left: u32, right: u32): u32 {
  return carried(encoding).mergedRank(left, right);
}

/** Tokens of a piece that is not cut; in windows of so many tokens, 0 for the usual. */
export function merged(encoding: Encoding, ptr: usize, bytes: u32, windowTokens: u32): u32 {
  return mergedTokens(carried(encoding), ptr, bytes, windowTokens);
}

/** Tokens of a piece that is cut where that may be done. */
export function cut(encoding: Encoding, ptr: usize, bytes: u32): u32 {
  return longTokens(carried(encoding), ptr, bytes);
}

/** Tokens of a span; the ends of the first ones are written to `ends`, u32 each. */
export function span(encoding: Encoding, ptr: usize, bytes: u32, ends: usize): u32 {
  const tokens = mergeSpan(carried(encoding), ptr, bytes);
  let at: u32 = 0;
  for (let i: u32 = 0; i < tokens; i++) {
    at = tokenEnd(at);
    store<u32>(ends + ((<usize>i) << 2), at);
  }
  return tokens;
}

export function holds(encoding: Encoding, ptr: usize, start: u32, seam: u32, end: u32): bool {
  return seamHolds(carried(encoding), ptr, start, seam, end);
}
