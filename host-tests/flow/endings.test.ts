/** Every way in which an upstream or the gateway ends a stream: each is settled, and once. */
import { afterAll, describe, expect } from "vitest";
import { expectSettled, promptTokens, tokensOf } from "./account.ts";
import { chatAnswer, chatBody, chatSetup, jsonHeaders, sseHeaders } from "./chat_setup.ts";
import { textEvent } from "./chat_setup.ts";
import { endingSetup, meteredStream, plain, prompt, streamed } from "./ending_setup.ts";
import { streamOf, timeoutMs } from "./ending_setup.ts";
import { pause } from "./client.ts";
import { startStuckServer } from "./stuck_server.ts";
import { type Flow, onBothHosts } from "./world_flow.ts";

function ending(title: string, body: (flow: Flow) => Promise<void>): void {
  onBothHosts(title, endingSetup(), body);
}

/** An upstream whose connections never come about. */
const stuck = startStuckServer();
const stuckCluster = stuck.then(({ url }) => ({ url, connectTimeoutMs: timeoutMs }));

afterAll(async () => (await stuck).close());

const reported = { ending: "complete", input: 12, output: 5 };
const never = new Promise(() => {});

describe("an answer that ends well", () => {
  ending("JSON with usage", async (flow) => {
    flow.provider.queue(chatAnswer());
    const { log } = await flow.send(plain());
    expect(log).toMatchObject({ decision: "admit", prompt_tokens: String(prompt), status: 200 });
    await expectSettled(flow, [log, reported]);
  });

  ending("JSON whose usage names cached and reasoning tokens", async (flow) => {
    const usage = {
      ...{ prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 },
      prompt_tokens_details: { cached_tokens: 60 },
      completion_tokens_details: { reasoning_tokens: 20 },
    };
    flow.provider.queue(chatAnswer({ usage }));
    const { log } = await flow.send(plain());
    const charge = { input: 100, cachedInput: 60, output: 50, reasoning: 20 };
    await expectSettled(flow, [log, { ending: "complete", ...charge }]);
  });

  ending("JSON without usage", async (flow) => {
    flow.provider.queue(chatAnswer({ usage: undefined }));
    const { log } = await flow.send(plain());
    const output = tokensOf("This is a test.");
    const charge = { input: prompt, output, quality: "formula" as const };
    await expectSettled(flow, [log, { ending: "complete", ...charge }]);
  });

  ending("JSON whose usage is zero", async (flow) => {
    const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    flow.provider.queue(chatAnswer({ usage }));
    const { log } = await flow.send(plain());
    await expectSettled(flow, [log, { ending: "complete" }]);
  });

  ending("JSON whose usage holds no numbers of tokens", async (flow) => {
    const usage = { prompt_tokens: -100, completion_tokens: 1.5, total_tokens: "17" };
    flow.provider.queue(chatAnswer({ usage }));
    const { log } = await flow.send(plain());
    const charge = { input: prompt, output: tokensOf("This is a test.") };
    await expectSettled(flow, [log, { ending: "complete", ...charge, quality: "formula" }]);
  });

  ending("JSON without a byte", async (flow) => {
    flow.provider.queue({ headers: jsonHeaders, contentLength: true });
    const { log } = await flow.send(plain());
    await expectSettled(flow, [log, { ending: "complete", input: prompt, quality: "formula" }]);
  });

  ending("a stream with usage", async (flow) => {
    flow.provider.queue(meteredStream);
    const { log } = await flow.send(streamed());
    await expectSettled(flow, [log, reported]);
    expect(log.stream).toBe("true");
  });

  ending("a stream without usage", async (flow) => {
    const texts = ["Zoë tr", "inkt ca", "fé au lait ☕, 二", "杯。<|endoftext|>"];
    flow.providers.azure?.queue(streamOf(texts));
    const content = "Was trinkt Zoë?";
    const body = chatBody({ model: "gpt-4", stream: true, content });
    const { log } = await flow.send({ ...streamed(), body });
    const input = promptTokens(content, "gpt-4");
    const output = tokensOf(texts.join(""), "gpt-4");
    const charge = { model: "gpt-4" as const, input, output, quality: "formula" as const };
    await expectSettled(flow, [log, { ending: "complete", ...charge }]);
  });

  ending("a stream of two choices without usage", async (flow) => {
    const piece = (index: number, content: string): string =>
      textEvent("", { choices: [{ index, delta: { content }, finish_reason: null }] });
    const chunks = [piece(0, "Coun"), piece(1, "Turn"), piece(0, "ting"), piece(1, "stile")];
    flow.provider.queue(streamOf([], { chunks }));
    const { log } = await flow.send(streamed());
    const output = tokensOf("Counting") + tokensOf("Turnstile");
    const charge = { input: prompt, output, quality: "formula" as const };
    await expectSettled(flow, [log, { ending: "complete", ...charge }]);
  });

  ending("a stream with trailers at its end", async (flow) => {
    flow.provider.queue({ ...meteredStream, trailers: [["x-end", "yes"]] });
    const { log, replies } = await flow.send(streamed());
    expect(replies[0]?.trailers).toEqual([["x-end", "yes"]]);
    await expectSettled(flow, [log, reported]);
  });

  ending("a stream with trailers over HTTP2", async (flow) => {
    flow.provider.queue({ ...meteredStream, trailers: [["x-end", "yes"]] });
    const { log, replies } = await flow.sendHttp2(streamed());
    expect(replies[0]?.trailers).toEqual([["x-end", "yes"]]);
    await expectSettled(flow, [log, reported]);
  });
});

describe("an upstream that breaks off", () => {
  ending("before it answers", async (flow) => {
    flow.provider.queue({ instead: "close" });
    const { log } = await flow.send(plain());
    expect(log).toMatchObject({ status: 503, flags: "UC", decision: "admit" });
    const charge = { input: prompt, quality: "estimate" as const };
    await expectSettled(flow, [log, { ending: "upstream_reset", ...charge }]);
  });

  ending("after its headers", async (flow) => {
    flow.provider.queue(streamOf(["This is"], { resetAfterChunks: 0 }));
    const { log } = await flow.send(streamed());
    const charge = { input: prompt, quality: "estimate" as const };
    await expectSettled(flow, [log, { ending: "upstream_reset", ...charge }]);
  });

  ending("amid a stream without usage", async (flow) => {
    flow.provider.queue(streamOf(["This is", " a test."], { resetAfterChunks: 2 }));
    const { log } = await flow.send(streamed());
    const charge = { input: prompt, output: tokensOf("This is a test.") };
    await expectSettled(flow, [log, { ending: "upstream_reset", ...charge, quality: "estimate" }]);
  });

  ending("amid a stream whose usage so far is above what it delivered", async (flow) => {
    const usage = { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29 };
    const chunks = [textEvent("This is", { usage }), textEvent(" a test.")];
    flow.provider.queue(streamOf([], { chunks, resetAfterChunks: 2 }));
    const { log } = await flow.send(streamed());
    const charge = { input: 20, output: 9, quality: "estimate" as const };
    await expectSettled(flow, [log, { ending: "upstream_reset", ...charge }]);
  });

  ending("amid a stream whose usage so far is below what it delivered", async (flow) => {
    const usage = { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 };
    const chunks = [textEvent("This is", { usage }), textEvent(" a test.")];
    flow.provider.queue(streamOf([], { chunks, resetAfterChunks: 2 }));
    const { log } = await flow.send(streamed());
    const charge = { input: 20, output: tokensOf("This is a test.") };
    await expectSettled(flow, [log, { ending: "upstream_reset", ...charge, quality: "estimate" }]);
  });

  ending("with a whole stream that stops inside an event", async (flow) => {
    const half = textEvent(" a test.").slice(0, -20);
    flow.provider.queue(streamOf([], { chunks: [textEvent("This is"), half] }));
    const { log } = await flow.send(streamed());
    const charge = { input: prompt, output: tokensOf("This is a test.") };
    await expectSettled(flow, [log, { ending: "truncated", ...charge, quality: "estimate" }]);
  });

  ending("with JSON that stops inside the document", async (flow) => {
    const { chunks = [] } = chatAnswer({ usage: undefined });
    const half = String(chunks[0]).replace(/ a test\..*$/, "");
    flow.provider.queue({ headers: jsonHeaders, chunks: [half], contentLength: true });
    const { log } = await flow.send(plain());
    const charge = { input: prompt, output: tokensOf("This is") };
    await expectSettled(flow, [log, { ending: "truncated", ...charge, quality: "estimate" }]);
  });
});

describe("an upstream that answers with an error", () => {
  for (const [title, usage, charge] of [
    ["without usage", undefined, {}],
    ["with usage", { prompt_tokens: 12, completion_tokens: 0 }, { input: 12 }],
  ] as const) {
    ending(`status 500 ${title}`, async (flow) => {
      const body = JSON.stringify({ error: { message: "overloaded", code: null }, usage });
      const headers = jsonHeaders;
      flow.provider.queue({ status: 500, headers, chunks: [body], contentLength: true });
      const { log, replies } = await flow.send(plain());
      expect(String(replies[0]?.body)).toBe(body);
      expect(log).toMatchObject({ status: 500, details: "via_upstream" });
      await expectSettled(flow, [log, { ending: "upstream_error", ...charge }]);
    });
  }

  ending("status 429 to a stream", async (flow) => {
    const chunks = [textEvent("", { error: { code: "rate_limit_exceeded" } })];
    flow.provider.queue({ status: 429, headers: sseHeaders, chunks });
    const { log } = await flow.send(streamed());
    await expectSettled(flow, [log, { ending: "upstream_error" }]);
  });
});

describe("a gateway that ends a stream", () => {
  ending("because the upstream cannot be reached", async (flow) => {
    const { log } = await flow.send(plain("gone"));
    expect(log).toMatchObject({ status: 503, flags: "UF", cluster: "unreachable" });
    await expectSettled(flow, [log, { ending: "upstream_unreached" }]);
  });

  onBothHosts(
    "because the upstream takes no connection",
    async () => endingSetup({ clusters: { unreachable: await stuckCluster } }),
    async (flow) => {
      const { log } = await flow.send(plain("gone"));
      expect(log).toMatchObject({ status: 503, flags: "UF" });
      expect(log.details).toBe("upstream_reset_before_response_started{connection_timeout}");
      await expectSettled(flow, [log, { ending: "upstream_unreached" }]);
    },
  );

  ending("because no route takes it", async (flow) => {
    const { log } = await flow.send(plain("nowhere"));
    expect(log).toMatchObject({ status: 404, details: "route_not_found" });
    await expectSettled(flow, [log, { ending: "not_routed" }]);
  });

  ending("because its cluster is not known", async (flow) => {
    const { log } = await flow.send(plain("lost"));
    expect(log).toMatchObject({ status: 503, details: "cluster_not_found" });
    await expectSettled(flow, [log, { ending: "not_routed" }]);
  });

  ending("because the answer takes too long to begin", async (flow) => {
    flow.provider.queue({ instead: "hang" });
    const { log } = await flow.send(plain("slow"));
    expect(log).toMatchObject({ status: 504, details: "response_timeout", flags: "UT" });
    const charge = { input: prompt, quality: "estimate" as const };
    await expectSettled(flow, [log, { ending: "timed_out", ...charge }]);
  });

  ending("because the answer takes too long to end", async (flow) => {
    flow.provider.queue(streamOf([], { chunks: [textEvent("This is"), never] }));
    const { log, replies } = await flow.send(streamed("slow"));
    expect(replies[0]).toMatchObject({ status: 200, complete: false });
    const charge = { input: prompt, output: tokensOf("This is"), quality: "estimate" as const };
    await expectSettled(flow, [log, { ending: "timed_out", ...charge }]);
  });

  ending("because nothing moves before the answer", async (flow) => {
    flow.provider.queue({ instead: "hang" });
    const { log } = await flow.send(plain("idle"));
    expect(log).toMatchObject({ status: 504, details: "stream_idle_timeout", flags: "SI" });
    const charge = { input: prompt, quality: "estimate" as const };
    await expectSettled(flow, [log, { ending: "timed_out", ...charge }]);
  });

  ending("because nothing moves amid the answer", async (flow) => {
    flow.provider.queue(streamOf([], { chunks: [textEvent("This is"), never] }));
    const { log } = await flow.send(streamed("idle"));
    const charge = { input: prompt, output: tokensOf("This is"), quality: "estimate" as const };
    await expectSettled(flow, [log, { ending: "timed_out", ...charge }]);
  });

  onBothHosts(
    "because it buffers less than the body",
    { ...chatSetup(), bufferBytesMax: 16_384 },
    async (flow) => {
      const body = chatBody({ content: "word ".repeat(4_800) });
      const chunks = [body.slice(0, 12_000), pause(30), body.slice(12_000)];
      const { log } = await flow.send({ ...plain(), body: undefined, chunks });
      expect(log).toMatchObject({ status: 413, details: "request_payload_too_large" });
      await expectSettled(flow, [log, { ending: "filter_replied" }]);
    },
  );
});
