import { charAt, CharClass } from "./char_class";
import { casedWordEnd } from "./split_o200k";
import { punctuationEnd, undecided, whitespaceEnd } from "./split_parts";

/**
 * Where the first piece of the text [start, end) ends under the pattern of Mistral's Tekken: that
 * of `o200kPieceEnd`, but no contraction belongs to a word and `\p{N}` stands alone. The text must
 * not be empty.
 */
export function tekkenPieceEnd(start: usize, end: usize, final: bool): usize {
  const first = charAt(start, end);
  if ((first & CharClass.Number) != 0) return start + (first >> 8);
  const word = casedWordEnd(start, first, end, final);
  if (word == undecided || word != start) return word;
  const punctuation = punctuationEnd(start, end, final, true);
  return punctuation != start ? punctuation : whitespaceEnd(start, end, final);
}
