/** Streams that between them use every host call in every callback. */
import type { Pairs } from "../../host/abi.ts";
import type { ReplayRun, ScriptedResponse } from "../../host/replay.ts";
import {
  chatAnswer,
  chatBody,
  chatPath,
  chatPolicy,
  chatSetup,
  doneEvent,
  endEvent,
  jsonHeaders,
  routeHeader,
  sseHeaders,
  textEvent,
  usageEvent,
} from "../flow/chat_setup.ts";

export interface Scenario {
  run: ReplayRun;
  /** The body mode it is about. */
  body: "hold" | "stream";
  /** What the client sends and the upstream answers, as text. */
  sent: string;
  answered: string;
}

const tenant = { metadata: "jwt", path: "sub" };

/** Two identity sources, so that a header map and a property are read for them. */
export function setupOf(onFailure: string, body: string): { configuration: object } {
  const identity = [{ header: "x-tenant", trusted: true }, tenant];
  const streamed = { "gpt-4o": { ...chatPolicy.models["gpt-4o"], targets: undefined } };
  const models = body === "stream" ? streamed : chatPolicy.models;
  return chatSetup({ policy: { onFailure, identity, models }, attach: { body, explain: true } });
}

interface Parts {
  body?: "hold" | "stream";
  request: string;
  headers?: Pairs;
  method?: string;
  trailers?: Pairs;
  response: ScriptedResponse;
}

function scenario(parts: Parts): Scenario {
  const { body = "hold", request, headers = [], method = "POST", trailers, response } = parts;
  const { routes } = chatSetup();
  const all: Pairs = [...jsonHeaders, ["x-request-id", "one"], ...headers];
  const ends = request === "" ? {} : { chunks: [Buffer.from(request)], trailers };
  return {
    body,
    sent: request,
    answered: (response.chunks ?? []).map(String).join(""),
    run: {
      request: { method, path: method === "GET" ? "/other" : chatPath, headers: all, ...ends },
      respond: () => response,
      routes: [...routes, { match: { prefix: "/" }, cluster: "any" }],
      metadata: { jwt: { sub: "acme" } },
    },
  };
}

const bytes = (texts: string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));
const lengthOf = (text: string): [string, string] => [
  "content-length",
  String(Buffer.byteLength(text)),
];

const plain = chatBody({ model: "gpt-4" });
const streamed = chatBody({ model: "gpt-4", stream: true });
const answer = String(chatAnswer().chunks?.[0]);
const forged: Pairs = [
  [routeHeader, "azure"],
  ["x-gateway-model-name", "gpt-4"],
];

const events = [
  textEvent("This is", { usage: null }),
  textEvent(" a test."),
  endEvent,
  usageEvent,
  doneEvent,
];
const whole = events.join("");
const third = Math.floor(whole.length / 3);
/** The same stream, cut inside events. */
const shreds = [whole.slice(0, 60), whole.slice(60, third), whole.slice(third)];

const stream: ScriptedResponse = { status: 200, headers: sseHeaders, chunks: bytes(events) };
const json: ScriptedResponse = {
  status: 200,
  headers: [...jsonHeaders, lengthOf(answer)],
  chunks: bytes([answer]),
};

export const scenarios: Record<string, Scenario> = {
  "an answer in JSON": scenario({
    request: plain,
    headers: [["accept-encoding", "gzip"], ...forged],
    response: json,
  }),
  "a stream": scenario({ request: streamed, headers: [lengthOf(streamed)], response: stream }),
  "a stream cut inside its events": scenario({
    request: streamed,
    response: { ...stream, chunks: bytes(shreds) },
  }),
  "a stream that breaks off": scenario({
    request: streamed,
    response: { ...stream, chunks: bytes(events.slice(0, 2)), resetAfterChunk: 2 },
  }),
  "a client that leaves": scenario({
    request: plain,
    response: { status: 200, resetAfterChunk: -1 },
  }),
  "a request in passing": scenario({
    body: "stream",
    request: chatBody({ stream: true }),
    headers: [lengthOf(chatBody({ stream: true }))],
    response: stream,
  }),
  "a request with trailers": scenario({
    request: plain,
    trailers: [...forged, ["x-sum", "1"]],
    response: { ...json, trailers: [["x-end", "1"]] },
  }),
  "an unknown model": scenario({ request: chatBody({ model: "gpt-99" }), response: json }),
  "an encoded body": scenario({
    request: plain,
    headers: [["content-encoding", "gzip"]],
    response: json,
  }),
  "no LLM request, with trailers": scenario({
    method: "GET",
    request: "{}",
    trailers: forged,
    response: json,
  }),
  "no LLM request": scenario({ method: "GET", request: "", headers: forged, response: json }),
};
