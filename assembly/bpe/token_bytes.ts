import { tokenBytesMaxOf } from "../../build/vocab/carried";
import { Encoding } from "./encoding";

/**
 * The most bytes of a text that one token of a carried encoding stands for: those of its longest
 * token, times what a normal form may take away before. So a text of n bytes has at least n by
 * this many tokens, and at most n.
 */
export function textBytesPerTokenMax(encoding: Encoding): u32 {
  return max<u32>(1, <u32>tokenBytesMaxOf(encoding));
}
