import { get_encoding_name_for_model, type TiktokenModel } from "tiktoken";
import { describe, expect, it } from "vitest";
import { encodingOfModel } from "../../cli/count/models.ts";

/** Names that npm `tiktoken` knows; ours have to agree. */
const known: TiktokenModel[] = [
  ...(["gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-mini", "chatgpt-4o-latest"] as const),
  ...(["gpt-4.1", "gpt-4.1-mini", "gpt-4.5-preview", "gpt-5", "gpt-5-mini"] as const),
  ...(["o1", "o1-mini", "o1-preview", "o3", "o3-mini", "o4-mini"] as const),
  ...(["gpt-4", "gpt-4-32k", "gpt-4-turbo", "gpt-4-1106-preview"] as const),
  ...(["gpt-3.5-turbo", "gpt-3.5-turbo-0125", "gpt-35-turbo", "gpt-3.5-turbo-instruct"] as const),
  ...(["text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"] as const),
];

describe("the encoding of a model", () => {
  it.each(known)("%s is as the reference has it", (model) => {
    expect(encodingOfModel(model)).toBe(get_encoding_name_for_model(model));
  });

  it.each([
    ["openai/gpt-4o", "o200k_base"],
    ["GPT-4o", "o200k_base"],
    ["ft:gpt-4o-mini-2024-07-18:acme::abc", "o200k_base"],
    ["ft:gpt-3.5-turbo:acme:name:abc", "cl100k_base"],
    ["azure/gpt-35-turbo-16k", "cl100k_base"],
    ["gpt-5.1-codex", "o200k_base"],
    ["openai/gpt-oss-20b", "o200k_harmony"],
    ["Qwen/Qwen3-8B", "qwen3"],
    ["qwen2.5-72b-instruct", "qwen3"],
    ["deepseek-chat", "deepseek_v3"],
    ["deepseek-ai/DeepSeek-V3.1", "deepseek_v3"],
    ["deepseek-r1-0528", "deepseek_v3"],
    ["meta-llama/Llama-3.3-70B-Instruct", "llama3"],
    ["meta-llama/Meta-Llama-3-8B", "llama3"],
    ["llama3-70b-8192", "llama3"],
    ["open-mistral-nemo", "mistral_tekken"],
    ["mistralai/Ministral-8B-Instruct-2410", "mistral_tekken"],
    ["google/gemma-3-27b-it", "gemma3"],
    ["models/gemini-2.5-pro", "gemma3"],
  ])("%s is %s", (model, encoding) => {
    expect(encodingOfModel(model)).toBe(encoding);
  });

  it.each([
    "",
    "gpt",
    "gpt-4omni",
    "gpt-40",
    "o10",
    "o2",
    "davinci",
    "text-embedding-3",
    "claude",
    "llama-2-7b",
    "qwen",
    "gemma-2b",
    "deepseek-coder",
    "deepseek-r1-distill-qwen-7b",
    "gemini-1.5-pro",
  ])("%j is unknown", (model) => {
    expect(() => encodingOfModel(model)).toThrow(`No encoding is known for the model "${model}"`);
  });
});
