import { charAt, CharClass } from "./char_class";
import { contractionEnd, numberEnd, punctuationEnd, runEnd } from "./split_parts";
import { undecided, whitespaceEnd } from "./split_parts";

/**
 * Where the first piece of the text [start, end) ends under the pattern of cl100k_base, in order:
 *
 *   (?i:'s|'t|'re|'ve|'m|'ll|'d)
 *   [^\r\n\p{L}\p{N}]?\p{L}+
 *   \p{N}{1,3}
 *    ?[^\s\p{L}\p{N}]+[\r\n]*
 *   \s*[\r\n]+|\s+(?!\S)|\s+
 *
 * `undecided` where text behind `end` could change that; never when the text is `final`. The text
 * must not be empty.
 */
export function cl100kPieceEnd(start: usize, end: usize, final: bool): usize {
  const contraction = contractionEnd(start, end, final);
  if (contraction != start) return contraction;
  const first = charAt(start, end);
  if ((first & CharClass.Number) != 0) return numberEnd(start, end, final);
  const inside = CharClass.Letter | CharClass.Newline;
  const body = (first & inside) != 0 ? start : start + (first >> 8);
  const word = runEnd(body, end, CharClass.Letter);
  if (word == end && !final) return undecided;
  if (word > body) return word;
  const punctuation = punctuationEnd(start, end, final, false);
  return punctuation != start ? punctuation : whitespaceEnd(start, end, final);
}
