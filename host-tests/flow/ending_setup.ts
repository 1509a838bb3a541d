/** A gateway in which the model's name chooses how its stream ends, and the requests to it. */
import {
  chatBody,
  chatPath,
  chatPolicy,
  chatSetup,
  jsonHeaders,
  routeHeader,
} from "./chat_setup.ts";
import { doneEvent, endEvent, sseHeaders, textEvent, usageEvent } from "./chat_setup.ts";
import { promptTokens } from "./account.ts";
import type { Answer } from "./provider.ts";
import type { Request } from "./client.ts";
import type { FlowSetup } from "./world_flow.ts";

/** Routes named like models of their own, priced as gpt-4o is. */
const ways = ["slow", "idle", "gone", "lost", "nowhere"] as const;

/** Long enough for a chunk to come through, even on a busy machine. */
export const timeoutMs = 400;

/** Further models: `slow` and `idle` time out, `gone` cannot be reached, the rest has no route. */
export function endingSetup(change: Partial<FlowSetup> = {}): FlowSetup {
  const { encoding, price } = chatPolicy.models["gpt-4o"];
  const models = ways.map((way) => [way, { encoding, price, targets: [{ route: way }] }]);
  const setup = chatSetup({
    policy: { models: { ...chatPolicy.models, ...Object.fromEntries(models) } },
  });
  const to = (exact: string) => ({
    match: { prefix: "/", headers: [{ name: routeHeader, exact }] },
  });
  return {
    ...setup,
    clusters: { unreachable: { url: "http://127.0.0.1:1" } },
    routes: [
      { ...to("slow"), cluster: "openai", timeoutMs },
      { ...to("idle"), cluster: "openai", idleTimeoutMs: timeoutMs },
      { ...to("gone"), cluster: "unreachable" },
      { ...to("lost"), clusterHeader: routeHeader },
      ...setup.routes,
    ],
    ...change,
  };
}

/** A request for a JSON answer, and one for a stream. */
export function plain(model = "gpt-4o"): Request {
  return { path: chatPath, headers: jsonHeaders, body: chatBody({ model }) };
}

export function streamed(model = "gpt-4o"): Request {
  return { path: chatPath, headers: jsonHeaders, body: chatBody({ model, stream: true }) };
}

/** Tokens of the prompt that both send. */
export const prompt = promptTokens("Say this is a test");

/** A stream of these texts that ends well, but says nothing of usage. */
export function streamOf(texts: string[], more: Answer = {}): Answer {
  const chunks = [...texts.map((text) => textEvent(text)), endEvent, doneEvent];
  return { headers: sseHeaders, chunks, pauseMs: 5, ...more };
}

/** A stream that reports 12 tokens read and 5 written. */
export const meteredStream: Answer = {
  headers: sseHeaders,
  chunks: [textEvent("This is"), textEvent(" a test."), endEvent, usageEvent, doneEvent],
  pauseMs: 5,
};
