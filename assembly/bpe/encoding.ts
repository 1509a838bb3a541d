import { carriedEncodings, carriedNames } from "../../build/vocab/carried";
import { equalsAscii } from "../bytes/ascii";

/**
 * The vocabularies there are; a module carries those that it was built with (docs/encodings.md).
 * The numbers stand in `tools/vocabularies` as well.
 */
export const enum Encoding {
  None,
  O200kBase,
  Cl100kBase,
  Qwen3,
  DeepseekV3,
  Llama3,
  MistralTekken,
  Gemma3,
}

/** The encoding of that name; `None` where this module does not carry it. */
export function encodingByName(ptr: usize, bytes: u32): Encoding {
  const encoding = knownEncoding(ptr, bytes);
  return isCarried(encoding) ? encoding : Encoding.None;
}

/**
 * The encoding of that name, carried or not; `None` when no encoding is called so.
 *
 * `o200k_harmony` differs from `o200k_base` in special tokens only, which plain text never yields,
 * so its counts are the same. Gemini's own client counts with Gemma 3's vocabulary.
 */
export function knownEncoding(ptr: usize, bytes: u32): Encoding {
  if (equalsAscii(ptr, bytes, "o200k_harmony")) return Encoding.O200kBase;
  if (equalsAscii(ptr, bytes, "tekken")) return Encoding.MistralTekken;
  if (equalsAscii(ptr, bytes, "gemini")) return Encoding.Gemma3;
  let encoding: i32 = Encoding.None;
  while (true) {
    const name = encodingName(++encoding);
    if (name.length == 0) return Encoding.None;
    if (equalsAscii(ptr, bytes, name)) return encoding;
  }
}

/** The name that its publisher gave an encoding; empty for `None` and behind the last one. */
export function encodingName(encoding: Encoding): string {
  if (encoding == Encoding.O200kBase) return "o200k_base";
  if (encoding == Encoding.Cl100kBase) return "cl100k_base";
  if (encoding == Encoding.Qwen3) return "qwen3";
  if (encoding == Encoding.DeepseekV3) return "deepseek_v3";
  if (encoding == Encoding.Llama3) return "llama3";
  if (encoding == Encoding.MistralTekken) return "mistral_tekken";
  if (encoding == Encoding.Gemma3) return "gemma3";
  return "";
}

/** Whether this module was built with the encoding. */
export function isCarried(encoding: Encoding): bool {
  return ((carriedEncodings >> encoding) & 1) != 0;
}

/** The names of the encodings that this module was built with, with commas between. */
export function encodingsCarried(): string {
  return carriedNames;
}
