import { fewLeft, fewTokensMax, mergeFew } from "./merge_few";
import { manyLeft, mergeMany } from "./merge_many";
import { Vocabulary } from "./vocabulary";

/**
 * Merges the first 1 to 64 tokens of `firstTokens` until no neighbours merge any more; answers how
 * many are left.
 */
export function mergeFirst(v: Vocabulary, tokens: u32): u32 {
  return tokens <= fewTokensMax ? mergeFew(v, tokens) : mergeMany(v, tokens);
}

/** Of the first tokens merged last, so many, a bit for each that a token still begins with. */
export function tokensLeft(tokens: u32): u64 {
  return tokens <= fewTokensMax ? (<u64>fewLeft) & ((1 << tokens) - 1) : manyLeft;
}
