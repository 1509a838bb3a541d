import { Failure } from "../failure.ts";

/** Models that count by one encoding. */
interface Family {
  /** As users are told of it; `*` is anything. */
  title: string;
  /** Of a name in lower case, without a provider before it. */
  pattern: RegExp;
  encoding: string;
}

/** What follows a family's name: nothing, or a size, a date, a variant. */
const families: Family[] = [
  {
    title: "gpt-4o*, chatgpt-4o*, gpt-4.1*, gpt-4.5*, gpt-5*",
    pattern: /^(chatgpt-4o|gpt-4o|gpt-4\.1|gpt-4\.5|gpt-5(\.\d+)?)(-|$)/,
    encoding: "o200k_base",
  },
  { title: "o1*, o3*, o4*", pattern: /^o[134](-|$)/, encoding: "o200k_base" },
  { title: "gpt-oss*", pattern: /^gpt-oss(-|$)/, encoding: "o200k_harmony" },
  {
    title: "gpt-4*, gpt-3.5*, gpt-35*",
    pattern: /^(gpt-4|gpt-3\.5|gpt-35)(-|$)/,
    encoding: "cl100k_base",
  },
  {
    title: "text-embedding-3-*, text-embedding-ada-002, davinci-002, babbage-002",
    pattern: /^(text-embedding-(3-small|3-large|ada-002)|davinci-002|babbage-002)$/,
    encoding: "cl100k_base",
  },
  { title: "qwen3*, qwen2.5*, qwen2*", pattern: /^qwen-?(2|2\.5|3)(-|$)/, encoding: "qwen3" },
  {
    title: "deepseek-chat, deepseek-reasoner, deepseek-v3*, deepseek-r1*",
    pattern: /^deepseek-(chat|reasoner|(v3(\.\d+)?|r1(?!-distill))(-.*)?)$/,
    encoding: "deepseek_v3",
  },
  {
    title: "llama-3*, llama-3.1*, llama-3.2*, llama-3.3*, llama3*",
    pattern: /^(meta-)?llama-?3(\.[123])?(-|$)/,
    encoding: "llama3",
  },
  {
    title: "mistral-nemo*, ministral*, pixtral*, devstral*, magistral*",
    pattern: /^(open-)?(mistral-nemo|ministral|pixtral|devstral|magistral)(-|$)/,
    encoding: "mistral_tekken",
  },
  {
    title: "gemma-3*, gemini-2*, gemini-3*",
    pattern: /^(gemma-?3|gemini-[23](\.\d+)?)(-|$)/,
    encoding: "gemma3",
  },
];

/**
 * The encoding that a model counts by. A provider before its name (`openai/gpt-4o`), a fine-tune
 * around it (`ft:gpt-4o:acme::1`) and the case of letters do not matter.
 */
export function encodingOfModel(model: string): string {
  const name = model
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/^ft:([^:]*).*$/, "$1");
  const family = families.find(({ pattern }) => pattern.test(name));
  if (family) return family.encoding;
  const unknown = `No encoding is known for the model "${model}"; --encoding names one.`;
  throw new Failure(`${unknown} Known are:\n${modelTable()}`);
}

/** The table, a line a family, for the help page. */
export function modelTable(): string {
  return families.map(({ title, encoding }) => `  ${encoding.padEnd(14)} ${title}`).join("\n");
}
