/**
 * Encoders that we did not write, for encodings that npm `tiktoken` does not bring along: Hugging
 * Face's own engine, which the usual servers run, with the publisher's `tokenizer.json`; and
 * `tiktoken` with Tekken's vocabulary and pattern, as `mistral-common` sets it up.
 */
import { readFileSync } from "node:fs";
import { Tiktoken } from "tiktoken";
import { Tokenizer } from "tokenizers";
import { sourceOf } from "../../tools/vocabularies/all.ts";
import { vocabularyPath } from "../../tools/vocabularies/find.ts";
import type { EncodingName } from "../../tools/vocabularies/source.ts";

/** Counts of texts, what would be special tokens read as the usual server reads them. */
export type Reference = (texts: string[]) => Promise<number[]>;

/** The reference of an encoding, from its package or from a `file` in its publisher's form. */
export function referenceOf(name: EncodingName, file?: string): Reference {
  const path = vocabularyPath(name, file);
  return name === "mistral_tekken"
    ? tekken(path)
    : huggingFace(path, sourceOf[name].specials ?? []);
}

/** Adds what the file lacks of the special tokens: Llama's names have changed since 3.0. */
function huggingFace(path: string, specials: string[]): Reference {
  const tokenizer = Tokenizer.fromFile(path);
  tokenizer.addSpecialTokens(specials.filter((text) => tokenizer.tokenToId(text) === null));
  return async (texts) => {
    const encodings = await tokenizer.encodeBatch(texts, { addSpecialTokens: false });
    return encodings.map((encoding) => encoding.getLength());
  };
}

function tekken(path: string): Reference {
  const { bpe_ranks, config } = JSON.parse(readFileSync(path, "utf8")) as TekkenFile;
  const used = config.default_vocab_size - config.default_num_special_tokens;
  const ranks = bpe_ranks.split("\n").flatMap((line) => line.split(" ").slice(2));
  const tiktoken = new Tiktoken(`! 0 ${ranks.slice(0, used).join(" ")}`, {}, config.pattern);
  return async (texts) => texts.map((text) => tiktoken.encode_ordinary(text).length);
}

interface TekkenFile {
  bpe_ranks: string;
  config: { pattern: string; default_vocab_size: number; default_num_special_tokens: number };
}
