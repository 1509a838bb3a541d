/**
 * The behaviours by which gateways of this kind differ. Each title says what ours does; README
 * shows what others do.
 */
import { describe, expect } from "vitest";
import { expectSettled, promptTokens, tokensOf } from "./account.ts";
import { chatAnswer, chatBody, chatPath, chatSetup, doneEvent, endEvent } from "./chat_setup.ts";
import { jsonHeaders, routeHeader, sseHeaders, textEvent, usageEvent } from "./chat_setup.ts";
import { leaveAfter, type Request, requestSteps } from "./client.ts";
import { meteredStream, plain, prompt, streamed, streamOf } from "./ending_setup.ts";
import type { HeaderList } from "./provider.ts";
import { type Flow, onBothHosts, type Sent } from "./world_flow.ts";

function behaviour(title: string, body: (flow: Flow) => Promise<void>): void {
  onBothHosts(title, chatSetup(), body);
}

const reported = { ending: "complete", input: 12, output: 5 };
/** Routing headers that a client made up: they name the provider that the body does not lead to. */
const forged: HeaderList = [
  [routeHeader, "azure"],
  ["x-gateway-model-name", "gpt-4"],
  ["x-gateway-base-model-name", "gpt-4"],
  ["x-tokenstile-prompt-tokens", "1"],
];

function post(body: string, headers: HeaderList = []): Request {
  return { path: chatPath, headers: [...jsonHeaders, ...headers], body };
}

/** A 400 whose body is JSON in OpenAI's form; nothing was sent on, and nothing is charged. */
async function expectRefused(flow: Flow, sent: Sent, status: number, code: string): Promise<void> {
  const [reply] = sent.replies;
  expect([reply?.status, sent.ended]).toEqual([status, "complete"]);
  expect(reply?.headers).toContainEqual(["content-type", "application/json"]);
  const { error } = JSON.parse(String(reply?.body)) as { error: Record<string, unknown> };
  expect(error).toMatchObject({ type: "invalid_request_error", code });
  expect(error.message).toMatch(/^[A-Z`].+\.$/);
  expect(sent.log).toMatchObject({ decision: "deny", reason: code, total_tokens: "0" });
  for (const provider of Object.values(flow.providers)) expect(provider.requests).toEqual([]);
}

describe("routing", () => {
  behaviour("the model in the body chooses the upstream", async (flow) => {
    const { openai, azure } = flow.providers;
    openai?.queue(chatAnswer());
    azure?.queue(chatAnswer());
    const first = await flow.send(plain("gpt-4o"));
    const second = await flow.send(plain("gpt-4"));
    expect([first.log.cluster, second.log.cluster]).toEqual(["openai", "azure"]);
    expect([openai?.requests.length, azure?.requests.length]).toEqual([1, 1]);
  });

  behaviour("a forged route header loses against the model in the body", async (flow) => {
    flow.providers.openai?.queue(chatAnswer());
    const { log } = await flow.send(post(chatBody(), forged));
    expect(log).toMatchObject({ cluster: "openai", route: "openai", model: "gpt-4o" });
    const [received] = flow.providers.openai?.requests ?? [];
    const owned = received?.headers.filter(([name]) => /^x-(tokenstile|gateway)-/i.test(name));
    expect(owned?.sort()).toEqual([
      ["x-gateway-base-model-name", "gpt-4o"],
      ["x-gateway-model-name", "gpt-4o"],
      ["x-tokenstile-prompt-tokens", String(prompt)],
      [routeHeader, "openai"],
    ]);
  });

  behaviour("a forged route header without a model in the body routes nothing", async (flow) => {
    const sent = await flow.send(post('{"messages":[]}', forged));
    await expectRefused(flow, sent, 400, "model_missing");
  });

  behaviour("a forged route header with broken JSON routes nothing", async (flow) => {
    const sent = await flow.send(post('{"model":"gpt-4o","messages":', forged));
    await expectRefused(flow, sent, 400, "invalid_json");
  });

  behaviour("a forged route header on what is no LLM request is taken away", async (flow) => {
    flow.providers.openai?.queue({ chunks: ["{}"], contentLength: true });
    const request = { method: "GET", path: "/plain", headers: forged };
    expect((await flow.send(request)).log.cluster).toBe("openai");
    const [received] = flow.providers.openai?.requests ?? [];
    expect(received?.headers.filter(([name]) => /^x-(tokenstile|gateway)-/i.test(name))).toEqual(
      [],
    );
  });

  behaviour("a body without a model is refused in the client's dialect", async (flow) => {
    const sent = await flow.send(post(chatBody({ model: undefined }).replace(/,"model".*/, "}")));
    await expectRefused(flow, sent, 400, "model_missing");
  });

  behaviour(
    "a body with two models is refused, for readers differ on which counts",
    async (flow) => {
      const twice = '{"model":"gpt-4o","messages":[],"model":"gpt-4"}';
      await expectRefused(flow, await flow.send(post(twice)), 400, "repeated_member");
    },
  );

  behaviour("a body whose second model is spelt with an escape is refused", async (flow) => {
    const twice = '{"model":"gpt-4o","messages":[],"mod\\u0065l":"gpt-4"}';
    await expectRefused(flow, await flow.send(post(twice)), 400, "repeated_member");
  });

  behaviour("a model written with an escape is understood", async (flow) => {
    flow.providers.openai?.queue(chatAnswer());
    const body = chatBody({ model: "gpt-4o" }).replace('"gpt-4o"', '"gpt\\u002d4\\u006f"');
    const { log } = await flow.send(post(body));
    expect(log).toMatchObject({ requested_model: "gpt-4o", cluster: "openai" });
    expect(String(flow.providers.openai?.requests[0]?.body)).toContain("gpt\\u002d4\\u006f");
  });
});

describe("bodies", () => {
  behaviour("broken JSON is answered with JSON that can be read", async (flow) => {
    const sent = await flow.send(post('{"model":"gpt-4o","x":"\\q "quoted" \u0001"}'));
    await expectRefused(flow, sent, 400, "invalid_json");
  });

  behaviour("an encoded body is refused with the reason, not guessed at", async (flow) => {
    const sent = await flow.send(post(chatBody(), [["content-encoding", "gzip"]]));
    await expectRefused(flow, sent, 415, "encoded_body");
  });

  const bytes = 3 * 1_048_576;
  const large = chatSetup({ attach: { bodyBytesMax: 4 * 1_048_576 } });
  onBothHosts(
    "a body of 3 MiB is counted and passes where the limits allow it",
    { ...large, bufferBytesMax: 8 * 1_048_576 },
    async (flow) => {
      flow.providers.azure?.queue(chatAnswer());
      const content = "a turnstile counts ".repeat(Math.ceil(bytes / 19));
      const body = chatBody({ content, model: "gpt-4" });
      const { log } = await flow.send(post(body));
      expect(log.prompt_tokens).toBe(String(promptTokens(content, "gpt-4")));
      expect(log).toMatchObject({ status: 200, cluster: "azure", bytesReceived: body.length });
      const [received] = flow.providers.azure?.requests ?? [];
      expect(String(received?.body)).toBe(chatBody({ content, model: "gpt-4-prod" }));
    },
  );
});

describe("metering", () => {
  behaviour("usage is read from a JSON answer", async (flow) => {
    flow.provider.queue(chatAnswer());
    const { log } = await flow.send(plain());
    await expectSettled(flow, [log, reported]);
  });

  behaviour("usage is read from a stream that reports it", async (flow) => {
    flow.provider.queue(meteredStream);
    const options = { stream: true, stream_options: { include_usage: true } };
    const { log, replies } = await flow.send(post(chatBody(options)));
    expect(String(replies[0]?.body)).toBe((meteredStream.chunks ?? []).join(""));
    await expectSettled(flow, [log, reported]);
  });

  behaviour(
    "a stream for which nobody asked usage is metered, unseen by the client",
    async (flow) => {
      const chunks = [
        ...[textEvent("This is", { usage: null }), textEvent(" a test.", { usage: null })],
        ...[endEvent, usageEvent, doneEvent],
      ];
      flow.provider.queue({ headers: sseHeaders, chunks, pauseMs: 5 });
      const { log, replies } = await flow.send(streamed());
      const asked = JSON.parse(String(flow.provider.requests[0]?.body)) as Record<string, unknown>;
      expect(asked.stream_options).toEqual({ include_usage: true });
      const seen = textEvent("This is") + textEvent(" a test.") + endEvent + doneEvent;
      expect(String(replies[0]?.body)).toBe(seen);
      await expectSettled(flow, [log, reported]);
    },
  );

  behaviour("a stream of a provider that knows no usage is counted here", async (flow) => {
    flow.provider.queue(streamOf(["This is", " a test."]));
    const { log } = await flow.send(streamed());
    const output = tokensOf("This is a test.");
    const charge = { input: prompt, output, quality: "formula" as const };
    await expectSettled(flow, [log, { ending: "complete", ...charge }]);
  });

  behaviour("a client that leaves mid-stream is charged for what it got", async (flow) => {
    flow.provider.queue(streamOf([], { chunks: [textEvent("This is"), new Promise(() => {})] }));
    const id = flow.nextId();
    const { path, headers = [], body } = streamed();
    const request = { path, headers: [...headers, ["x-request-id", id]] as HeaderList, body };
    await flow.sendRaw([...requestSteps(request), leaveAfter("This is")], { id });
    const log = await flow.world.accessLogOf(id);
    const charge = { input: prompt, output: tokensOf("This is"), quality: "estimate" as const };
    await expectSettled(flow, [log, { ending: "client_aborted", ...charge }]);
  });
});
