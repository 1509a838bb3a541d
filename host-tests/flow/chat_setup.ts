/** The policy, providers and answers that the flow tests share. */
import type { FlowSetup } from "./world_flow.ts";
import type { Answer, HeaderList } from "./provider.ts";

export const routeHeader = "x-tokenstile-route";
export const chatPath = "/v1/chat/completions";
export const jsonHeaders: HeaderList = [["content-type", "application/json"]];
export const sseHeaders: HeaderList = [["content-type", "text/event-stream"]];

/** Two models with different encodings, an alias, a target that asks for another name. */
export const chatPolicy = {
  version: 1,
  name: "flow",
  models: {
    "gpt-4o": {
      aliases: ["chat-default", "openai/gpt-4o"],
      encoding: "o200k_base",
      contextWindow: 128000,
      price: { input: "2.50", cachedInput: "1.25", output: "10.00" },
      targets: [{ route: "openai" }],
    },
    "gpt-4": {
      encoding: "cl100k_base",
      price: { input: "30", output: "60" },
      targets: [{ route: "azure", model: "gpt-4-prod" }],
    },
  },
};

/** Routing as README shows it: the route header names the cluster; nothing else is let through. */
export function chatSetup(change: { policy?: object; attach?: object } = {}): FlowSetup {
  return {
    configuration: {
      policy: { ...chatPolicy, ...change.policy },
      attach: { role: "single", body: "hold", ...change.attach },
    },
    providers: ["openai", "azure"],
    routes: [
      {
        match: { prefix: "/", headers: [{ name: routeHeader, exact: "openai" }] },
        cluster: "openai",
      },
      {
        match: { prefix: "/", headers: [{ name: routeHeader, exact: "azure" }] },
        cluster: "azure",
      },
      { match: { prefix: "/plain" }, cluster: "openai" },
    ],
  };
}

export interface ChatRequest {
  model?: string;
  stream?: boolean;
  content?: string;
  [member: string]: unknown;
}

/** A request body in the order in which official clients write it: messages, then model. */
export function chatBody(request: ChatRequest = {}): string {
  const { model = "gpt-4o", content = "Say this is a test", ...rest } = request;
  return JSON.stringify({ messages: [{ role: "user", content }], model, ...rest });
}

export interface ChatUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  [detail: string]: unknown;
}

export const usage: ChatUsage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };

/** A whole answer in JSON. */
export function chatAnswer(change: Record<string, unknown> = {}): Answer {
  const body = {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1700000000,
    model: "gpt-4o-2024-08-06",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "This is a test." },
        finish_reason: "stop",
      },
    ],
    usage,
    ...change,
  };
  return { headers: jsonHeaders, chunks: [JSON.stringify(body)], contentLength: true };
}

/** One chunk of a stream as its event. */
export function chatEvent(change: Record<string, unknown>): string {
  const chunk = {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1700000000,
    model: "gpt-4o-2024-08-06",
    ...change,
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

export function textEvent(content: string, more: Record<string, unknown> = {}): string {
  return chatEvent({ choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more });
}

export const endEvent = chatEvent({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
export const usageEvent = chatEvent({ choices: [], usage });
export const doneEvent = "data: [DONE]\n\n";
