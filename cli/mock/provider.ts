/** A mock provider of OpenAI-form chat completions: JSON or an event stream, usage, pacing. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, answerTo, type ChatRequest, readChatRequest, usageOf } from "./answer.ts";

export interface MockProvider {
  name: string;
  url: string;
  /** Chat requests received so far. */
  requests: number;
  close(): Promise<void>;
}

/** How a request's headers ask the mock to behave. */
interface Manners {
  delayMs: number;
  stallAfter: number;
  usageWithheld: boolean;
}

const bodyBytesMax = 64 * 1024 * 1024;

/** Starts a mock provider on 127.0.0.1; port 0 is any free one. */
export async function startMockProvider(name: string, port = 0): Promise<MockProvider> {
  const server = createServer((request, response) => {
    handle(provider, request, response).catch(() => response.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const bound = (server.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${bound}`;
  const provider: MockProvider = { name, url, requests: 0, close: () => closeServer(server) };
  return provider;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

async function handle(
  provider: MockProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader("x-mock-provider", provider.name);
  const path = (request.url ?? "").split("?")[0] ?? "";
  if (request.method === "GET" && path.endsWith("/models")) {
    sendJson(response, 200, { object: "list", data: [] });
    return;
  }
  if (request.method !== "POST" || !path.endsWith("/chat/completions")) {
    sendError(response, 404, `Unknown request URL: ${request.method} ${path}.`);
    return;
  }
  provider.requests++;
  const asked = readChatRequest(await readBody(request));
  if (typeof asked === "string") sendError(response, 400, asked);
  else await complete(provider, asked, mannersOf(request), response);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function mannersOf(request: IncomingMessage): Manners {
  const number = (header: string): number => Number(request.headers[header] ?? NaN);
  return {
    delayMs: number("x-mock-delay-ms") || 0,
    stallAfter: Number.isNaN(number("x-mock-stall-after"))
      ? Infinity
      : number("x-mock-stall-after"),
    usageWithheld: request.headers["x-mock-no-usage"] !== undefined,
  };
}

async function complete(
  provider: MockProvider,
  asked: ChatRequest,
  manners: Manners,
  response: ServerResponse,
): Promise<void> {
  const answers = Array.from({ length: asked.choices }, () => answerTo(asked));
  const common = {
    id: `chatcmpl-${provider.name}-${provider.requests}`,
    created: Math.floor(Date.now() / 1000),
    model: asked.model,
    system_fingerprint: provider.name,
  };
  if (asked.stream) {
    await sendStream(response, common, asked, answers, manners);
    return;
  }
  sendJson(response, 200, {
    ...common,
    object: "chat.completion",
    choices: answers.map(({ pieces, finishReason }, index) => ({
      index,
      message: { role: "assistant", content: pieces.join(""), refusal: null },
      logprobs: null,
      finish_reason: finishReason,
    })),
    ...(manners.usageWithheld ? {} : { usage: usageOf(asked, answers) }),
  });
}

async function sendStream(
  response: ServerResponse,
  common: object,
  asked: ChatRequest,
  answers: Answer[],
  manners: Manners,
): Promise<void> {
  const withUsage = asked.includeUsage && !manners.usageWithheld;
  const head = { ...common, object: "chat.completion.chunk" };
  const nullUsage = withUsage ? { usage: null } : {};
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  let texts = 0;
  for (const choice of choicesInTurn(answers)) {
    const isText = choice.finish_reason === null && choice.delta.role === undefined;
    if (isText && texts++ >= manners.stallAfter) return;
    if (isText && manners.delayMs > 0) await sleep(manners.delayMs);
    if (response.destroyed) return;
    await sendEvent(response, { ...head, choices: [choice], ...nullUsage });
  }
  if (withUsage)
    await sendEvent(response, { ...head, choices: [], usage: usageOf(asked, answers) });
  response.end("data: [DONE]\n\n");
}

interface StreamedChoice {
  index: number;
  delta: { role?: "assistant"; content?: string };
  logprobs: null;
  finish_reason: string | null;
}

/** Every choice's beginning, then a piece of each by turns, then every choice's end. */
function* choicesInTurn(answers: Answer[]): Generator<StreamedChoice> {
  const choice = (index: number, delta: StreamedChoice["delta"], end: string | null = null) => ({
    ...{ index, delta, logprobs: null, finish_reason: end },
  });
  for (const index of answers.keys()) yield choice(index, { role: "assistant", content: "" });
  const longest = Math.max(...answers.map(({ pieces }) => pieces.length));
  for (let at = 0; at < longest; at++) {
    for (const [index, { pieces }] of answers.entries()) {
      if (at < pieces.length) yield choice(index, { content: pieces[at] ?? "" });
    }
  }
  for (const [index, { finishReason }] of answers.entries()) yield choice(index, {}, finishReason);
}

/** Writes one event, and waits while the reader is slower than we are. */
async function sendEvent(response: ServerResponse, data: object): Promise<void> {
  if (response.write(`data: ${JSON.stringify(data)}\n\n`)) return;
  await Promise.race([once(response, "drain"), once(response, "close")]);
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": body.length,
  });
  response.end(body);
}

function sendError(response: ServerResponse, status: number, message: string): void {
  const error = { message, type: "invalid_request_error", param: null, code: null };
  sendJson(response, status, { error });
}
