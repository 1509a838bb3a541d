/** The module as a host offers it that cannot hold headers: `attach.body` is `stream`. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { ask, cutInto, taken, valuesOf } from "./chat_flow.ts";
import { chatAnswer, chatBody, chatPolicy, chatSetup, doneEvent } from "./chat_setup.ts";
import { endEvent, jsonHeaders, sseHeaders, textEvent, usageEvent } from "./chat_setup.ts";
import type { Request } from "./client.ts";
import type { HeaderList } from "./provider.ts";
import { type FlowSetup, onBothHosts } from "./world_flow.ts";

/** The two models without targets: where a request goes is the gateway's own routing. */
function streamSetup(change: { policy?: object; attach?: object } = {}): FlowSetup {
  const { "gpt-4o": first, "gpt-4": second } = chatPolicy.models;
  const models = {
    "gpt-4o": { ...first, targets: undefined },
    "gpt-4": { ...second, targets: undefined },
  };
  return {
    configuration: {
      policy: { ...chatPolicy, models, ...change.policy },
      attach: { body: "stream", ...change.attach },
    },
    providers: ["openai"],
    routes: [{ match: { prefix: "/" }, cluster: "openai" }],
    stopIterationAllowed: false,
  };
}

/** A head that is on its way to the provider is there by then. */
const headsArriveMs = 50;

const owned = [
  "x-gateway-model-name",
  "x-gateway-base-model-name",
  "x-tokenstile-route",
  "x-tokenstile-prompt-tokens",
];

describe("without a hold of the headers", () => {
  onBothHosts("an answer is metered", streamSetup(), async (flow) => {
    const body = chatBody();
    const framings: (Request & { http2?: boolean })[] = [
      {},
      { body: undefined, chunks: cutInto(body, 20) },
      { http2: true },
      { http2: true, body: undefined, chunks: cutInto(body, 20), trailers: [["x-sum", "1"]] },
    ];
    for (const framing of framings) {
      flow.provider.queue(chatAnswer());
      const { log, text } = await ask(flow, body, framing);
      const upstream = taken(flow);
      expect(String(upstream.body)).toBe(body);
      // The length is let go: these headers leave before it is known whether it changes.
      expect(valuesOf(upstream.headers, "content-length")).toEqual([]);
      expect(upstream.trailers).toEqual(framing.trailers ?? []);
      expect(JSON.parse(text).model).toBe("gpt-4o-2024-08-06");
      expect(log).toMatchObject({ model: "gpt-4o", route: null, prompt_tokens: "12" });
      expect(log).toMatchObject({ total_tokens: "17", quality: "exact", ending: "complete" });
    }
  });

  onBothHosts("bodies are edited all the same", streamSetup(), async (flow) => {
    const events = [textEvent("Hi", { usage: null }), endEvent, usageEvent, doneEvent];
    for (const chunked of [false, true]) {
      flow.provider.queue({ headers: sseHeaders, chunks: events });
      const body = chatBody({ model: "chat-default", stream: true });
      const framing = chunked ? { body: undefined, chunks: cutInto(body, 11) } : {};
      const { text, log } = await ask(flow, body, framing);
      expect(JSON.parse(String(taken(flow).body))).toMatchObject({
        ...{ model: "gpt-4o", stream_options: { include_usage: true } },
      });
      const client = (textEvent("Hi") + endEvent).replaceAll("gpt-4o-2024-08-06", "chat-default");
      expect(text).toBe(client + doneEvent);
      expect(log).toMatchObject({ requested_model: "chat-default", total_tokens: "17" });
    }
  });

  onBothHosts("owned headers are stripped, and none is set", streamSetup(), async (flow) => {
    flow.provider.queue(chatAnswer());
    const forged: HeaderList = owned.flatMap((name) => [
      ...([
        [name, "a"],
        [name.toUpperCase(), "b"],
      ] as HeaderList),
    ]);
    await ask(flow, chatBody(), { headers: [...jsonHeaders, ...forged] });
    const { headers } = taken(flow);
    expect(owned.flatMap((name) => valuesOf(headers, name))).toEqual([]);
  });

  onBothHosts("other traffic keeps its length", streamSetup(), async (flow) => {
    flow.provider.queue(chatAnswer());
    await ask(flow, "hello", { path: "/v1/files" });
    const { headers, body } = taken(flow);
    expect([valuesOf(headers, "content-length"), String(body)]).toEqual([["5"], "hello"]);
  });

  onBothHosts(
    "requests are refused before a byte of the body left",
    streamSetup(),
    async (flow) => {
      const refused: [status: number, code: string, request: Request][] = [
        [400, "invalid_json", { body: '{"model":"gpt-4o"' }],
        [400, "repeated_member", { body: '{"model":"gpt-4o","model":"gpt-4"}' }],
        [404, "model_not_found", { body: chatBody({ model: "gpt-5" }) }],
        [404, "model_not_found", { chunks: cutInto(chatBody({ model: "gpt-5" }), 20) }],
        [400, "body_missing", { body: "" }],
        [415, "encoded_body", { body: "x", headers: [["content-encoding", "gzip"]] }],
        [403, "endpoint_not_metered", { body: "{}", path: "/v1/responses" }],
      ];
      for (const [status, code, request] of refused) {
        const { reply, text, log } = await ask(flow, undefined, request);
        expect([reply.status, JSON.parse(text).error.code]).toEqual([status, code]);
        expect(log).toMatchObject({ decision: "deny", reason: code, ending: "denied" });
        expect(log).toMatchObject({ total_tokens: "0" });
      }
      await sleep(headsArriveMs);
      const heads = flow.provider.requests.splice(0); // how many there are is a race
      for (const { body, complete } of heads) expect([body.length, complete]).toEqual([0, false]);
    },
  );

  const allowed = { ...streamSetup(), stopIterationAllowed: true };
  onBothHosts("the same goes where the host would hold", allowed, async (flow) => {
    flow.provider.queue(chatAnswer());
    const { log } = await ask(flow, chatBody({ model: "chat-default" }));
    expect(JSON.parse(String(taken(flow).body)).model).toBe("gpt-4o");
    expect(log).toMatchObject({ ending: "complete", total_tokens: "17" });
  });

  onBothHosts("a policy that needs one is refused", streamSetup(), async (flow) => {
    const needs = chatSetup({ attach: { body: "stream" } }).configuration;
    const { accepted, messages } = await flow.world.reconfigure(needs);
    expect(accepted).toBe(false);
    expect(messages.join("\n")).toMatch(
      /attach\.body: policy\.models\.gpt-4o\.targets needs the body before the headers leave/,
    );
    flow.provider.queue(chatAnswer());
    expect((await ask(flow, chatBody())).log.ending).toBe("complete");
  });
});
