import { countText, countTextTill } from "../bpe/counter";
import { Encoding } from "../bpe/encoding";
import { canCount } from "./encodings";
import { CountFault } from "./fault";
import { isText } from "./text_buffer";

/**
 * The tokens of a whole text in a text buffer, or a `CountFault`. No buffer is so large that the
 * number would not fit.
 */
export function tokenstile_count_text(encoding: Encoding, ptr: usize, bytes: u32): i32 {
  if (!canCount(encoding)) return CountFault.Encoding;
  if (!isText(ptr, bytes)) return CountFault.Text;
  return <i32>countText(encoding, ptr, bytes);
}

/**
 * The tokens of a whole text in a text buffer if they are `tokensMax` or fewer; else some number
 * above `tokensMax`, found without reading much further; or a `CountFault`.
 */
export function tokenstile_count_text_till(
  encoding: Encoding,
  ptr: usize,
  bytes: u32,
  tokensMax: u32,
): i32 {
  if (!canCount(encoding)) return CountFault.Encoding;
  if (!isText(ptr, bytes)) return CountFault.Text;
  // The usual text has fewer bytes than it may have tokens: there is nothing to stop for.
  if (bytes <= tokensMax) return <i32>countText(encoding, ptr, bytes);
  return <i32>countTextTill(encoding, ptr, bytes, tokensMax);
}
