/** What the tour sends. The request ids are fixed: they choose the target, so runs are alike. */
import OpenAI from "openai";
import type { ChatCompletionChunk, ChatCompletionCreateParams } from "openai/resources";

/** What the client got of one step. */
export interface Seen {
  /** Null: it left before it could tell. */
  status: number | null;
  /** The model's name in the answer. */
  model: string | null;
  /** The text of the answer, or the error's message. */
  text: string;
  /** The provider's own numbers, where the client was shown them. */
  usage: { input: number; output: number } | null;
}

export interface TourStep {
  /** Names the step in the JSON output; also its request id. */
  name: string;
  title: string;
  model: string;
  /** The messages that the client sends, for the tour's own count; null: there are none to read. */
  messages: Message[] | null;
  /** How the request must end on the gateway, and with which status. */
  expected: { ending: string; status: number };
  send(client: TourClient): Promise<Seen>;
}

export interface Message {
  role: "system" | "user";
  content: string;
}

export interface TourClient {
  openai: OpenAI;
  /** The gateway's address. */
  url: string;
}

const messages: Message[] = [
  { role: "system", content: "You answer in plain words." },
  { role: "user", content: "What does a turnstile do? Kurz bitte: 回転式改札とは何ですか 🙂" },
];

const chunksBeforeAbort = 12;

export const tourSteps: TourStep[] = [
  {
    name: "plain",
    title: "a plain answer, asked for by an alias",
    ...{ model: "chat-default", messages },
    expected: { ending: "complete", status: 200 },
    send: (client) => ask(client, "plain", "chat-default"),
  },
  {
    name: "streamed",
    title: "a stream that reports usage",
    ...{ model: "openai/gpt-4o", messages },
    expected: { ending: "complete", status: 200 },
    send: (client) =>
      askStream(client, "streamed", "openai/gpt-4o", { stream_options: { include_usage: true } }),
  },
  {
    name: "streamed-without-usage",
    title: "a stream for which nobody asked usage",
    ...{ model: "gpt-4-turbo", messages },
    expected: { ending: "complete", status: 200 },
    send: (client) => askStream(client, "streamed-without-usage", "gpt-4-turbo", {}),
  },
  {
    name: "aborted",
    title: `a stream whose reader leaves after ${chunksBeforeAbort} pieces`,
    ...{ model: "gpt-4o", messages },
    expected: { ending: "client_aborted", status: 200 },
    send: (client) => askStream(client, "aborted", "gpt-4o", {}, chunksBeforeAbort),
  },
  {
    name: "unknown-model",
    title: "a model that the policy does not know",
    ...{ model: "gpt-99", messages },
    expected: { ending: "denied", status: 404 },
    send: (client) => ask(client, "unknown-model", "gpt-99"),
  },
  {
    name: "truncated-json",
    title: "a body that ends too early",
    ...{ model: "gpt-4o", messages: null },
    expected: { ending: "denied", status: 400 },
    send: (client) => askRaw(client, "truncated-json", '{"model":"gpt-4o","messages":[{"role":'),
  },
  {
    name: "repeated-model",
    title: "a body that names two models, one for each reader",
    ...{ model: "gpt-4-turbo", messages: null },
    expected: { ending: "denied", status: 400 },
    send: (client) =>
      askRaw(
        client,
        "repeated-model",
        JSON.stringify({ model: "gpt-4-turbo", messages }).replace("{", '{"model":"gpt-4o",'),
      ),
  },
];

async function ask(client: TourClient, name: string, model: string): Promise<Seen> {
  try {
    const body = { model, messages };
    const { data, response } = await client.openai.chat.completions
      .create(body, { headers: { "x-request-id": name } })
      .withResponse();
    const { usage } = data;
    return {
      status: response.status,
      model: data.model,
      text: data.choices[0]?.message.content ?? "",
      usage: usage ? { input: usage.prompt_tokens, output: usage.completion_tokens } : null,
    };
  } catch (error) {
    return refusal(error);
  }
}

async function askStream(
  client: TourClient,
  name: string,
  model: string,
  options: Pick<ChatCompletionCreateParams, "stream_options">,
  stopAfter = Infinity,
): Promise<Seen> {
  const stalls = Number.isFinite(stopAfter) ? { "x-mock-stall-after": String(stopAfter) } : {};
  const headers = { "x-request-id": name, "x-mock-delay-ms": "5", ...stalls };
  try {
    const body = { model, messages, stream: true as const, ...options };
    const { data, response } = await client.openai.chat.completions
      .create(body, { headers })
      .withResponse();
    const seen: Seen = { status: response.status, model: null, text: "", usage: null };
    let pieces = 0;
    for await (const chunk of data) {
      note(seen, chunk);
      if (chunk.choices[0]?.delta.content && ++pieces >= stopAfter) data.controller.abort();
    }
    return seen;
  } catch (error) {
    return refusal(error);
  }
}

function note(seen: Seen, chunk: ChatCompletionChunk): void {
  seen.model = chunk.model;
  seen.text += chunk.choices[0]?.delta.content ?? "";
  const { usage } = chunk;
  if (usage) seen.usage = { input: usage.prompt_tokens, output: usage.completion_tokens };
}

/** No client library would send such a body, so it is sent as it stands. */
async function askRaw(client: TourClient, name: string, body: string): Promise<Seen> {
  const response = await fetch(`${client.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": name },
    body,
  });
  const answer = (await response.json()) as { error?: { message?: string } };
  return {
    status: response.status,
    model: null,
    text: answer.error?.message ?? "",
    usage: null,
  };
}

function refusal(error: unknown): Seen {
  if (!(error instanceof OpenAI.APIError)) throw error;
  const { message } = (error.error ?? error) as { message: string };
  return { status: error.status ?? null, model: null, text: message, usage: null };
}
