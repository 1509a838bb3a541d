/** What a request's prompt costs, by encoders that are not ours. */
import { get_encoding } from "tiktoken";
import type { ChatMessage } from "./chat.ts";

const encoding = get_encoding("o200k_base");

/** OpenAI's published framing: tokens around each message, and those that prime the answer. */
const messageTokens = 3;
const primingTokens = 3;

/** Tokens of a chat prompt in o200k_base. */
export function expectedPromptTokens(messages: ChatMessage[]): number {
  const each = messages.map(
    ({ role, content }) => messageTokens + textTokens(role) + textTokens(content),
  );
  return each.reduce((sum, tokens) => sum + tokens, primingTokens);
}

export function textTokens(text: string): number {
  return encoding.encode_ordinary(text).length;
}
