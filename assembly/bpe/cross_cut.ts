import { mergedTokens } from "./merge";
import { Vocabulary } from "./vocabulary";

/** The number of tokens of a piece that is long or not ASCII. */
export function longTokens(v: Vocabulary, ptr: usize, bytes: u32): u32 {
  return mergedTokens(v, ptr, bytes);
}
