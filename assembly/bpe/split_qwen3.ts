import { charAt, CharClass } from "./char_class";
import { cl100kPieceEnd } from "./split_cl100k";

/**
 * Where the first piece of the text [start, end) ends under the pattern of Qwen 3: that of
 * `cl100kPieceEnd`, but `\p{N}` stands alone. The text must not be empty.
 */
export function qwen3PieceEnd(start: usize, end: usize, final: bool): usize {
  const first = charAt(start, end);
  if ((first & CharClass.Number) != 0) return start + (first >> 8);
  return cl100kPieceEnd(start, end, final);
}
