/** Requests and answers in OpenAI's form, as its official clients and servers write them. */
import { Random } from "./random.ts";
import { makePieces, makeText } from "./texts.ts";

export interface ChatMessage {
  role: string;
  content: string;
}

export interface ChatRequest {
  body: Buffer;
  messages: ChatMessage[];
}

/** The body sizes that are measured. */
export const requestSizes = [
  { name: "1 KB", bytes: 1_000 },
  { name: "30 KB", bytes: 30_000 },
  { name: "300 KB", bytes: 300_000 },
] as const;

/** What every measured answer says it used. */
export const answerUsage = { prompt_tokens: 1207, completion_tokens: 228, total_tokens: 1435 };

const messageBytesMost = 4_000;
const messageFrameBytes = 30;

/** Escapes take room in the body that the text alone does not show. */
const escapeRatio = 1.02;

/**
 * `count` requests of about `bytes` bytes each, every one with texts of its own. `messages` stand
 * before `model`, as the official clients write them.
 */
export function makeRequests(
  seed: number,
  count: number,
  bytes: number,
  options: { model: string; stream?: boolean },
): ChatRequest[] {
  const random = new Random(seed);
  const rest = {
    model: options.model,
    ...(options.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    temperature: 0.7,
  };
  return Array.from({ length: count }, () => {
    const messages = makeMessages(random, bytes - JSON.stringify(rest).length);
    return { body: Buffer.from(JSON.stringify({ messages, ...rest })), messages };
  });
}

function makeMessages(random: Random, bytes: number): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let left = bytes;
  while (left > messageFrameBytes) {
    const role = messages.length === 0 ? "system" : messages.length % 2 ? "user" : "assistant";
    const share = messages.length === 0 ? Math.min(300, left / 3) : left;
    const size = Math.min(messageBytesMost, share / escapeRatio - messageFrameBytes);
    const message = { role, content: makeText(random, Math.max(size, 1)) };
    messages.push(message);
    left -= Buffer.byteLength(JSON.stringify(message)) + 1;
  }
  return messages;
}

/** A whole answer with usage. */
export function jsonAnswer(seed: number, model: string): Buffer {
  const content = makePieces(new Random(seed), answerUsage.completion_tokens).join("");
  const message = { role: "assistant", content, refusal: null };
  return Buffer.from(
    JSON.stringify({
      ...{ id: "chatcmpl-bench", object: "chat.completion", created: 1767225600, model },
      choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
      usage: answerUsage,
    }),
  );
}

/**
 * A streamed answer, one buffer an event of about 200 bytes. The last two are the usage chunk and
 * `[DONE]`; `count` says how many there are in all.
 */
export function streamedAnswer(seed: number, model: string, count: number): Buffer[] {
  const object = "chat.completion.chunk";
  const common = { id: "chatcmpl-bench", object, created: 1767225600, model };
  const event = (data: object): Buffer => Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
  const choice = (delta: object, finish: string | null): object => ({
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    usage: null,
  });
  const pieces = makePieces(new Random(seed), count - 4);
  return [
    event({ ...common, ...choice({ role: "assistant", content: "" }, null) }),
    ...pieces.map((content) => event({ ...common, ...choice({ content }, null) })),
    event({ ...common, ...choice({}, "stop") }),
    event({ ...common, choices: [], usage: answerUsage }),
    Buffer.from("data: [DONE]\n\n"),
  ];
}
