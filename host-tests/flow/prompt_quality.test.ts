/**
 * How sure the count of a prompt is, by what is in it: one flow for each quality, and for a prompt
 * that is too long to be counted to its end.
 */
import { describe, expect } from "vitest";
import { png } from "../unit/image_files.ts";
import { tokensOf } from "./account.ts";
import { type Asked, ask, taken, valuesOf } from "./chat_flow.ts";
import { chatAnswer, chatPolicy, chatSetup } from "./chat_setup.ts";
import { type Flow, onBothHosts } from "./world_flow.ts";

const { price } = chatPolicy.models["gpt-4o"];
const model = { encoding: "o200k_base", price, targets: [{ route: "openai" }] };
const models = {
  texts: { ...model, framing: "none" },
  chatml: { ...model, framing: "chatml" },
  "gpt-5-mini": model,
};

/** Asks without usage in the answer, so that our own count is what is charged. */
async function counted(flow: Flow, body: object): Promise<Asked> {
  flow.provider.queue(chatAnswer({ usage: undefined }));
  const asked = await ask(flow, JSON.stringify(body));
  const told = valuesOf(taken(flow).headers, "x-tokenstile-prompt-tokens");
  expect(told).toEqual([asked.log.prompt_tokens]);
  return asked;
}

const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Say this is a test" },
];
const anyRoute = { match: { prefix: "/" }, cluster: "openai" };
const texts = tokensOf("Be brief.") + tokensOf("Say this is a test");

describe("a prompt's count is", () => {
  onBothHosts("exact where only texts count", chatSetup({ policy: { models } }), async (flow) => {
    const { log } = await counted(flow, { messages, model: "texts" });
    expect([log.prompt_tokens, log.input_tokens]).toEqual([String(texts), String(texts)]);
    expect(log.quality).toBe("exact");
  });

  onBothHosts("a formula where a template is", chatSetup({ policy: { models } }), async (flow) => {
    const chatml = await counted(flow, { messages, model: "chatml" });
    expect(chatml.log.prompt_tokens).toBe(String(texts + 2 * 5 + 3));
    expect(chatml.log.quality).toBe("formula");
    const reasoning = await counted(flow, { messages, model: "gpt-5-mini" });
    expect(reasoning.log.prompt_tokens).toBe(String(texts + 2 * 4 + 2));
    expect(reasoning.log.quality).toBe("formula");
  });

  onBothHosts("an estimate with tools", chatSetup({ policy: { models } }), async (flow) => {
    const tools = [{ type: "function", function: { name: "now" } }];
    const { log } = await counted(flow, { messages, tools, model: "gpt-5-mini" });
    expect(log.prompt_tokens).toBe(String(texts + 2 * 4 + 2 + 24 - 4 + 6 + tokensOf(" now")));
    expect(log.quality).toBe("estimate");
  });

  onBothHosts("an estimate with images", chatSetup({ policy: { models } }), async (flow) => {
    const url = `data:image/png;base64,${png(1280, 720).toString("base64")}`;
    const content = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url } },
    ];
    const asked = { messages: [{ role: "user", content }], model: "gpt-5-mini" };
    const { log } = await counted(flow, asked);
    // 40 by 23 patches, each 1.2 tokens.
    expect(log.prompt_tokens).toBe(String(tokensOf("What is this?") + 4 + 2 + 1104));
    expect(log.quality).toBe("estimate");
  });
});

describe("a prompt beyond its window", () => {
  const long = "one two three ".repeat(20_000);
  const body = { messages: [{ role: "user", content: long }], model: "gpt-4o" };
  const windowed = { ...chatPolicy.models["gpt-4o"], contextWindow: 500 };

  async function refusal(flow: Flow): Promise<{ least: number; log: Asked["log"] }> {
    const { reply, text, log } = await ask(flow, JSON.stringify(body));
    expect([reply.status, log.reason]).toEqual([400, "context_length_exceeded"]);
    const { message } = (JSON.parse(text) as { error: { message: string } }).error;
    const said = /: at least (\d+) tokens, where 500 are the most\.$/.exec(message);
    if (!said) throw new Error(`the reply says only: ${message}`);
    return { least: Number(said[1]), log };
  }

  const alone = { "gpt-4o": windowed };
  onBothHosts("is counted no further", chatSetup({ policy: { models: alone } }), async (flow) => {
    const { least, log } = await refusal(flow);
    expect(least).toBeGreaterThan(500);
    expect(least).toBeLessThanOrEqual(tokensOf(long) + 7);
    expect(log.prompt_tokens).toBe(String(least));
    expect(flow.provider.requests).toEqual([]);
  });

  const beside = { ...chatPolicy.models, "gpt-4o": windowed };
  onBothHosts("shows by its size", chatSetup({ policy: { models: beside } }), async (flow) => {
    // No token of o200k_base has more than 128 bytes, and a byte takes six at most in JSON.
    const long = "x".repeat(6 * 128 * 501);
    body.messages = [{ role: "user", content: long }];
    const { least } = await refusal(flow);
    expect(least).toBe(501);
  });

  const widest = { "gpt-4o": windowed, "gpt-4.1": model };
  onBothHosts("limits no other model", chatSetup({ policy: { models: widest } }), async (flow) => {
    const asked = { messages: [{ role: "user", content: long }], model: "gpt-4.1" };
    const { log } = await counted(flow, asked);
    expect(log.prompt_tokens).toBe(String(tokensOf(long) + 7));
    expect(log.quality).toBe("formula");
  });

  const known = { models: alone, unknownModel: "pass", unpriced: "allow" };
  const setup = { ...chatSetup({ policy: known }), routes: [anyRoute] };
  onBothHosts("limits no unknown model", setup, async (flow) => {
    const asked = { messages: [{ role: "user", content: long }], model: "other" };
    const { log } = await counted(flow, asked);
    expect(log.prompt_tokens).toBe(String(tokensOf(long) + 7));
    expect(log.quality).toBe("estimate");
  });
});
