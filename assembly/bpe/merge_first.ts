import { fewLeft, fewTokensMax, mergeFew } from "./merge_few";
import { mergeMany } from "./merge_many";
import { nexts } from "./merge_scratch";
import { Vocabulary } from "./vocabulary";

/**
 * Merges the tokens that `firstTokens` found, 1 or more, until no neighbours merge any more;
 * answers how many are left.
 */
export function mergeFirst(v: Vocabulary, tokens: u32): u32 {
  return tokens <= fewTokensMax ? mergeFew(v, tokens) : mergeMany(v, tokens);
}

/** Where the second of the tokens left begins, in positions; behind the last if one is left. */
export function secondPosition(tokens: u32): u32 {
  if (tokens > fewTokensMax) return load<u32>(nexts, 4);
  return 1 + <u32>ctz(fewLeft & (fewLeft - 1));
}
