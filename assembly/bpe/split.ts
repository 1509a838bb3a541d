import { WindowTrait } from "./ascii_window";
import { Encoding } from "./encoding";
import { cl100kPieceEnd } from "./split_cl100k";
import { o200kPieceEnd } from "./split_o200k";

/**
 * Where the first piece of the text [start, end) ends; `undecided` where text behind `end` could
 * change that, never when the text is `final`. The text must not be empty.
 */
export function pieceEnd(encoding: Encoding, start: usize, end: usize, final: bool): usize {
  if (encoding == Encoding.O200kBase) return o200kPieceEnd(start, end, final);
  return cl100kPieceEnd(start, end, final);
}

/** What the pattern makes of ASCII text. */
export function windowTraits(encoding: Encoding): u32 {
  if (encoding == Encoding.O200kBase) {
    return (
      WindowTrait.Ascii |
      WindowTrait.CaseSplit |
      WindowTrait.SuffixContraction |
      WindowTrait.SlashTail
    );
  }
  return WindowTrait.Ascii | WindowTrait.OwnContraction;
}
