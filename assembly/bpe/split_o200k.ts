import { charAt, CharClass } from "./char_class";
import { contractionEnd, numberEnd, punctuationEnd, runEnd } from "./split_parts";
import { undecided, whitespaceEnd } from "./split_parts";

/**
 * Where the first piece of the text [start, end) ends under the pattern of o200k_base, in order:
 *
 *   [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|...)?
 *   [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|...)?
 *   \p{N}{1,3}
 *    ?[^\s\p{L}\p{N}]+[\r\n/]*
 *   \s*[\r\n]+|\s+(?!\S)|\s+
 *
 * `undecided` where text behind `end` could change that; never when the text is `final`. The text
 * must not be empty.
 */
export function o200kPieceEnd(start: usize, end: usize, final: bool): usize {
  const first = charAt(start, end);
  if ((first & CharClass.Number) != 0) return numberEnd(start, end, final);
  const word = casedWordEnd(start, first, end, final);
  if (word == undecided) return undecided;
  if (word != start) return contractionEnd(word, end, final);
  const punctuation = punctuationEnd(start, end, final, true);
  return punctuation != start ? punctuation : whitespaceEnd(start, end, final);
}

/**
 * The first two alternatives, less the contraction; `start` where neither matches. `first` is the
 * character there. A word may take one character before it along. A mark could be that too, but it
 * is as well a letter of the word, and ends the same piece either way.
 */
export function casedWordEnd(start: usize, first: u32, end: usize, final: bool): usize {
  const inside = CharClass.Letter | CharClass.Mark | CharClass.Newline;
  const body = (first & inside) != 0 ? start : start + (first >> 8);
  let upper = body;
  let behindCaseless = body;
  let char = charAt(upper, end);
  while ((char & (CharClass.Upper | CharClass.Caseless | CharClass.Mark)) != 0) {
    upper += char >> 8;
    if ((char & CharClass.Upper) == 0) behindCaseless = upper;
    char = charAt(upper, end);
  }
  const word = runEnd(upper, end, CharClass.Lower | CharClass.Caseless | CharClass.Mark);
  if (word == end && !final) return undecided;
  if (word == body) return start;
  // No lower case follows: the run gives back all that is behind its last caseless letter or mark,
  // for that one can stand for the lower case; without one the second alternative takes it whole.
  return word == upper && behindCaseless > body ? behindCaseless : word;
}
