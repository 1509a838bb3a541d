/**
 * Token counts that owe nothing to the module: the mock provider's own, made with gpt-tokenizer, so
 * that a wrong count shows as a difference between what the gateway says and what is billed.
 */
import * as cl100k from "gpt-tokenizer/encoding/cl100k_base";
import * as o200k from "gpt-tokenizer/encoding/o200k_base";

/** One message of a chat request, as far as its tokens are concerned. */
export interface ChatMessage {
  role: string;
  content: string;
  name?: string;
}

/** Text that spells a special token is text here, as it is for a provider. */
const asText = { disallowedSpecial: new Set<string>() };

/** Tokens around each message, for a name in it, and that prime the answer (OpenAI's cookbook). */
const messageTokens = 3;
const nameTokens = 1;
const primingTokens = 3;

function encoderOf(model: string): typeof o200k | typeof cl100k {
  return /^(gpt-4(?!o|\.)|gpt-3\.5)/.test(model) ? cl100k : o200k;
}

/** The text in pieces of one token each; a character that spans tokens stays whole. */
export function piecesOf(model: string, text: string): string[] {
  const encoder = encoderOf(model);
  return [...encoder.decodeGenerator(encoder.encode(text, asText))].filter((piece) => piece !== "");
}

/** Tokens of plain text. */
export function textTokens(model: string, text: string): number {
  return encoderOf(model).countTokens(text, asText);
}

/** Tokens of a chat request with its framing. */
export function promptTokens(model: string, messages: ChatMessage[]): number {
  const each = messages.map(({ role, content, name }) => {
    const named = name === undefined ? 0 : textTokens(model, name) + nameTokens;
    return messageTokens + textTokens(model, role) + textTokens(model, content) + named;
  });
  return each.reduce((sum, tokens) => sum + tokens, primingTokens);
}
