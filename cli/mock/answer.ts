/** What the mock provider says: fixed text, so that every run of the tour counts the same. */
import { type ChatMessage, piecesOf, promptTokens, textTokens } from "./encodings.ts";

/** A chat request, read as far as the mock needs it. */
export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  stream: boolean;
  includeUsage: boolean;
  choices: number;
  outputTokensMax: number;
}

/** One choice's text, and why it ends. */
export interface Answer {
  /** In pieces of one token, but for characters that take several. */
  pieces: string[];
  finishReason: "stop" | "length";
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
  completion_tokens_details: { reasoning_tokens: number };
}

const sentences = [
  "A turnstile lets one through at a time, and it counts.",
  "It neither hurries the patient nor waits for those who jump the barrier.",
  "At the end of the day its number and the number of tickets are the same,",
  "down to the last visitor: Zoë, who came at 23:59 with a café au lait. ☕",
];

const outputTokensUnbounded = 4096;

/** Reads a request body; a string is the reason why it is no chat request. */
export function readChatRequest(body: string): ChatRequest | string {
  let asked: Record<string, unknown>;
  try {
    asked = JSON.parse(body) as Record<string, unknown>;
  } catch {
    return "We could not parse the JSON body of your request.";
  }
  if (typeof asked?.model !== "string") return "you must provide a model parameter";
  if (!Array.isArray(asked.messages) || asked.messages.length === 0) {
    return "you must provide a messages parameter";
  }
  const options = asked.stream_options as { include_usage?: unknown } | null | undefined;
  return {
    model: asked.model,
    messages: asked.messages.map(readMessage),
    stream: asked.stream === true,
    includeUsage: options?.include_usage === true,
    choices: wholeNumber(asked.n) ?? 1,
    outputTokensMax:
      wholeNumber(asked.max_completion_tokens) ??
      wholeNumber(asked.max_tokens) ??
      outputTokensUnbounded,
  };
}

function readMessage(message: Record<string, unknown> | null): ChatMessage {
  const { role, content, name } = message ?? {};
  const parts = Array.isArray(content) ? content : [{ text: content }];
  const texts = parts.map((part: { text?: unknown } | null) => part?.text);
  return {
    role: String(role ?? ""),
    content: texts.filter((text) => typeof text === "string").join(""),
    ...(typeof name === "string" ? { name } : {}),
  };
}

function wholeNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : null;
}

/** The mock's answer to one choice of a request. */
export function answerTo(request: ChatRequest): Answer {
  const all = piecesOf(request.model, sentences.join(" "));
  const pieces = all.slice(0, request.outputTokensMax);
  return { pieces, finishReason: pieces.length < all.length ? "length" : "stop" };
}

/** What the mock bills for a request and its answers. */
export function usageOf(request: ChatRequest, answers: Answer[]): Usage {
  const prompt = promptTokens(request.model, request.messages);
  const texts = answers.map(({ pieces }) => pieces.join(""));
  const completion = texts.reduce((sum, text) => sum + textTokens(request.model, text), 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}
