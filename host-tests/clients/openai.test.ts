/**
 * The official client, through the gateway and past it: an application sees the same, but for what
 * the policy changes.
 */
import { createHash } from "node:crypto";
import OpenAI from "openai";
import type {
  ChatCompletionCreateParams,
  ChatCompletionCreateParamsNonStreaming,
} from "openai/resources";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chatSetup, textEvent } from "../flow/chat_setup.ts";
import { type Answer, type Provider, startProvider } from "../flow/provider.ts";
import { type HostName, startWorld, type World } from "../flow/world.ts";
import { sseHeaders } from "../flow/chat_setup.ts";
import {
  errorAmidStream,
  errorAnswer,
  plainAnswer,
  textStream,
  toolAnswer,
  toolStream,
  twoChoices,
  twoChoicesStream,
} from "./answers.ts";

const withoutEnvoy = process.env.TOKENSTILE_WITHOUT_ENVOY === "1";
const hosts: HostName[] = withoutEnvoy ? ["node"] : ["node", "envoy"];

const key = "sk-known";
const keyHash = createHash("sha256").update(key).digest("hex");

const body: ChatCompletionCreateParamsNonStreaming = {
  model: "gpt-4o",
  messages: [{ role: "user", content: "Say this is a test" }],
};
const streaming = { ...body, stream: true as const };
const usageAsked = { stream_options: { include_usage: true } };
const tools = [{ type: "function" as const, function: { name: "weather", parameters: {} } }];

/** Everything that a stream brought, and how it ended. */
async function collected(chunks: AsyncIterable<unknown>): Promise<unknown[]> {
  const seen: unknown[] = [];
  try {
    for await (const chunk of chunks) seen.push(chunk);
  } catch (error) {
    seen.push(told(error));
  }
  return seen;
}

/** What an application can tell of an error. */
function told(error: unknown): unknown {
  if (!(error instanceof OpenAI.APIError)) return error;
  const { status, code, type, param, message, name } = error;
  return { class: error.constructor.name, status, code, type, param, message, name };
}

interface Case {
  ask: (client: OpenAI) => Promise<unknown>;
  /** The answer to one who did, or did not, ask for usage. */
  answer: (usageAsked: boolean) => Answer;
}

const cases: Record<string, Case> = {
  "a plain answer": {
    ask: (client) => client.chat.completions.create(body),
    answer: () => plainAnswer,
  },
  "the raw response of a plain answer": {
    ask: async (client) => {
      const response = await client.chat.completions.create(body).asResponse();
      return [response.status, response.headers.get("content-type"), await response.json()];
    },
    answer: () => plainAnswer,
  },
  "a stream": {
    ask: async (client) => collected(await client.chat.completions.create(streaming)),
    answer: textStream,
  },
  "a stream with usage": {
    ask: async (client) =>
      collected(await client.chat.completions.create({ ...streaming, ...usageAsked })),
    answer: textStream,
  },
  "a stream through the client's own helper": {
    ask: (client) => client.chat.completions.stream(streaming).finalChatCompletion(),
    answer: textStream,
  },
  "two choices": {
    ask: (client) => client.chat.completions.create({ ...body, n: 2 }),
    answer: () => twoChoices,
  },
  "a stream of two choices": {
    ask: async (client) => collected(await client.chat.completions.create({ ...streaming, n: 2 })),
    answer: twoChoicesStream,
  },
  "a tool call": {
    ask: (client) => client.chat.completions.create({ ...body, tools }),
    answer: () => toolAnswer,
  },
  "a stream of a tool call": {
    ask: async (client) => collected(await client.chat.completions.create({ ...streaming, tools })),
    answer: toolStream,
  },
  "a tool call through the client's own helper": {
    ask: (client) => client.chat.completions.stream({ ...streaming, tools }).finalMessage(),
    answer: toolStream,
  },
  "an error amid a stream": {
    ask: async (client) => collected(await client.chat.completions.create(streaming)),
    answer: errorAmidStream,
  },
};
for (const [status, code] of Object.entries({
  ...{ 400: "bad", 401: "invalid_api_key", 403: "forbidden", 404: "model_not_found" },
  ...{ 409: "conflict", 422: "unprocessable", 429: "rate_limit_exceeded", 500: "server_error" },
})) {
  cases[`a provider's ${status}`] = {
    ask: (client) => client.chat.completions.create(body).catch(told),
    answer: () => errorAnswer(Number(status), code),
  };
}

interface Refusal {
  what: string;
  change?: Partial<ChatCompletionCreateParams>;
  key?: string;
  class: string;
  status: number;
  code: string;
  param?: string;
}

const notFound = { class: "NotFoundError", status: 404, code: "model_not_found", param: "model" };
const longPrompt = [{ role: "user" as const, content: "x".repeat(70_000) }];

const refusals: Refusal[] = [
  { what: "an unknown model", change: { model: "gpt-99" }, ...notFound },
  { what: "a stream of an unknown model", change: { model: "gpt-99", stream: true }, ...notFound },
  {
    ...{ what: "an empty model", change: { model: "" }, param: "model" },
    ...{ class: "BadRequestError", status: 400, code: "model_missing" },
  },
  {
    ...{ what: "a body over the limit", change: { messages: longPrompt } },
    ...{ class: "APIError", status: 413, code: "request_too_large" },
  },
  {
    ...{ what: "an unknown key", key: "sk-unknown" },
    ...{ class: "AuthenticationError", status: 401, code: "invalid_api_key" },
  },
];

/** Answers each request as it asked: with usage or without. */
function answerAsAsked(provider: Provider, { answer }: Case, asksUsage: boolean): void {
  provider.forget();
  provider.queue(answer(asksUsage));
}

describe.each(hosts)("the official client through %s", (host) => {
  let world: World;
  let providers: Record<string, Provider>;
  let direct: Provider;

  beforeAll(async () => {
    direct = await startProvider();
    providers = { openai: await startProvider(), azure: await startProvider() };
    const identity = [{ apiKey: "authorization", known: { [keyHash]: "app" } }];
    const setup = chatSetup({
      policy: { identity, anonymous: "deny" },
      attach: { bodyBytesMax: 65_536 },
    });
    const clusters = Object.fromEntries(
      Object.entries(providers).map(([name, { url }]) => [name, { url }]),
    );
    world = await startWorld(host, { ...setup, clusters });
  });

  afterAll(async () => {
    await world.close();
    await Promise.all([direct, ...Object.values(providers)].map((provider) => provider.close()));
  });

  const clientOf = (url: string, apiKey = key): OpenAI =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });

  it.each(Object.entries(cases))("%s is what the provider sent", async (title, one) => {
    const streams = /stream|helper/.test(title);
    answerAsAsked(direct, one, title.includes("with usage"));
    const expected = await one.ask(clientOf(direct.url));
    const provider = providers.openai as Provider;
    answerAsAsked(provider, one, streams);
    expect(await one.ask(clientOf(world.url))).toEqual(expected);
    expect(provider.requests.length).toBe(1);
    const sent = JSON.parse(String(provider.requests[0]?.body)) as object;
    const wanted = JSON.parse(String(direct.requests[0]?.body)) as object;
    expect(sent).toEqual(streams ? { ...wanted, ...usageAsked } : wanted);
  });

  it("a model that is asked for by another name keeps the name that it was called by", async () => {
    const other = { ...body, model: "gpt-4" };
    providers.azure?.queue(plainAnswer);
    direct.forget();
    direct.queue(plainAnswer);
    const expected = await clientOf(direct.url).chat.completions.create(other);
    const seen = await clientOf(world.url).chat.completions.create(other);
    expect(seen).toEqual({ ...expected, model: "gpt-4" });
    providers.azure?.queue(textStream(true));
    const chunks = await collected(
      await clientOf(world.url).chat.completions.create({ ...other, stream: true }),
    );
    expect(new Set(chunks.map((chunk) => (chunk as { model: string }).model))).toEqual(
      new Set(["gpt-4"]),
    );
  });

  it.each(refusals)("$what raises the error that it has for that", async (row) => {
    const client = clientOf(world.url, row.key);
    const error = await client.chat.completions.create({ ...body, ...row.change }).catch(told);
    const { class: name, status, code, param } = row;
    const type = status === 401 ? "authentication_error" : "invalid_request_error";
    expect(error).toMatchObject({ class: name, status, code, type, param: param ?? null });
    expect((error as { message: string }).message).toMatch(/^\d{3} [A-Z`].+\.$/);
  });

  it("an abort ends the stream for all, and is charged", async () => {
    const provider = providers.openai as Provider;
    const first = textEvent("This is");
    const abortedAt = async (client: OpenAI): Promise<unknown[]> => {
      const headers = { "x-request-id": `abort-${host}` };
      const stream = await client.chat.completions.create(streaming, { headers });
      const seen: unknown[] = [];
      for await (const chunk of stream) {
        seen.push(chunk);
        stream.controller.abort();
      }
      return seen;
    };
    for (const one of [direct, provider]) {
      one.forget();
      one.queue({ headers: sseHeaders, chunks: [first, new Promise(() => {})] });
    }
    const expected = await abortedAt(clientOf(direct.url));
    expect(await abortedAt(clientOf(world.url))).toEqual(expected);
    const log = await world.accessLogOf(`abort-${host}`);
    expect(log).toMatchObject({ ending: "client_aborted", output_tokens: "2", identity: "app" });
    expect(log.quality).toBe("estimate");
  });
});
