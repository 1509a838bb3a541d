import { deepseekV3 } from "./deepseek_v3.ts";
import { gemma3 } from "./gemma3.ts";
import { llama3 } from "./llama3.ts";
import { mistralTekken } from "./mistral_tekken.ts";
import { cl100kBase, o200kBase } from "./openai.ts";
import { qwen3 } from "./qwen3.ts";
import { encodingNames, type EncodingName, type VocabularySource } from "./source.ts";

const sources = [o200kBase, cl100kBase, qwen3, deepseekV3, llama3, mistralTekken, gemma3];

/** Where the vocabulary of an encoding comes from. */
export const sourceOf = Object.fromEntries(
  sources.map((source) => [source.name, source]),
) as Record<EncodingName, VocabularySource>;

/** The number of an encoding in assembly/bpe/encoding.ts. */
export function encodingNumber(name: EncodingName): number {
  return encodingNames.indexOf(name) + 1;
}

/**
 * Reads names parted by commas, in any order and as often as one likes, as the set that they are.
 * Throws an Error that lists the names there are when one is none of them.
 */
export function readEncodings(list: string): EncodingName[] {
  const asked = list.split(",").map((name) => name.trim());
  const unknown = asked.find((name) => !(encodingNames as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const quoted = unknown === "" ? "An empty name" : `"${unknown}"`;
    throw new Error(`${quoted} is none of the encodings: ${encodingNames.join(", ")}.`);
  }
  return encodingNames.filter((name) => asked.includes(name));
}
