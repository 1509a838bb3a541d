import { carriedEncodings } from "../../build/vocab/carried";
import { WindowTrait } from "./ascii_window";
import { Encoding } from "./encoding";
import { cl100kPieceEnd } from "./split_cl100k";
import { deepseekPieceEnd } from "./split_deepseek";
import { gemmaPieceEnd } from "./split_gemma";
import { o200kPieceEnd } from "./split_o200k";
import { qwen3PieceEnd } from "./split_qwen3";
import { tekkenPieceEnd } from "./split_tekken";

/**
 * Where the first piece of the text [start, end) ends; `undecided` where text behind `end` could
 * change that, never when the text is `final`. The text must not be empty.
 */
export function pieceEnd(encoding: Encoding, start: usize, end: usize, final: bool): usize {
  if (encoding == Encoding.O200kBase) return o200kPieceEnd(start, end, final);
  if (has(Encoding.Qwen3) && encoding == Encoding.Qwen3) return qwen3PieceEnd(start, end, final);
  if (has(Encoding.DeepseekV3) && encoding == Encoding.DeepseekV3) {
    return deepseekPieceEnd(start, end, final);
  }
  if (has(Encoding.MistralTekken) && encoding == Encoding.MistralTekken) {
    return tekkenPieceEnd(start, end, final);
  }
  if (has(Encoding.Gemma3) && encoding == Encoding.Gemma3) return gemmaPieceEnd(start, end, final);
  // Llama 3 took over the pattern of cl100k_base.
  return cl100kPieceEnd(start, end, final);
}

// @inline: a constant, so that the splitters of what is not carried do not get into the module.
@inline
function has(encoding: Encoding): bool {
  return ((carriedEncodings >> encoding) & 1) != 0;
}

/** What the pattern makes of ASCII text; `None` where it is another kind of pattern. */
export function windowTraits(encoding: Encoding): u32 {
  const cased = WindowTrait.Ascii | WindowTrait.CaseSplit | WindowTrait.SlashTail;
  const plain = WindowTrait.Ascii | WindowTrait.OwnContraction;
  if (encoding == Encoding.O200kBase) return cased | WindowTrait.SuffixContraction;
  if (encoding == Encoding.MistralTekken) return cased | WindowTrait.SingleDigit;
  if (encoding == Encoding.Qwen3) return plain | WindowTrait.SingleDigit;
  const other = encoding == Encoding.DeepseekV3 || encoding == Encoding.Gemma3;
  return other ? WindowTrait.None : plain;
}
