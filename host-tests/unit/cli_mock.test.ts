import fc from "fast-check";
import OpenAI from "openai";
import { get_encoding } from "tiktoken";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { piecesOf, promptTokens, textTokens } from "../../cli/mock/encodings.ts";
import { type MockProvider, startMockProvider } from "../../cli/mock/provider.ts";

const messages = [{ role: "user" as const, content: "Count to three, süß 🍬" }];
const fullText = /^A turnstile .*Zoë.*☕$/;

describe("the mock provider's own counts", () => {
  it.each([
    ["gpt-4o-prod", "o200k_base"],
    ["gpt-5", "o200k_base"],
    ["gpt-4.1", "o200k_base"],
    ["gpt-4-turbo", "cl100k_base"],
    ["gpt-4", "cl100k_base"],
    ["gpt-3.5-turbo", "cl100k_base"],
  ] as const)("are those of %s's reference encoder", (model, encoding) => {
    const reference = get_encoding(encoding);
    const property = fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(textTokens(model, text)).toBe(reference.encode(text, [], []).length);
      expect(piecesOf(model, text).join("")).toBe(text);
    });
    fc.assert(property, { numRuns: 50 });
    reference.free();
  });

  it("cut text into tokens, and no character into two", () => {
    expect(piecesOf("gpt-4o", "A turnstile 🪿𠜎")).toEqual([
      "A",
      " turn",
      "st",
      "ile",
      " ",
      "🪿",
      "𠜎",
    ]);
  });

  it("add the framing that OpenAI publishes", () => {
    const words = textTokens("gpt-4o", "user") + textTokens("gpt-4o", "Hello there");
    const message = { role: "user", content: "Hello there" };
    expect(promptTokens("gpt-4o", [message])).toBe(words + 3 + 3);
    const named = words + textTokens("gpt-4o", "Ann") + 1;
    expect(promptTokens("gpt-4o", [{ ...message, name: "Ann" }, message])).toBe(named + words + 9);
  });
});

describe("the mock provider", () => {
  let provider: MockProvider;
  let openai: OpenAI;

  beforeAll(async () => {
    provider = await startMockProvider("unit");
    openai = new OpenAI({ apiKey: "none", baseURL: `${provider.url}/v1`, maxRetries: 0 });
  });
  afterAll(() => provider.close());

  it("answers in JSON, names itself and bills what it said", async () => {
    const { data, response } = await openai.chat.completions
      .create({ model: "gpt-4o", messages, n: 2 })
      .withResponse();
    expect(response.headers.get("x-mock-provider")).toBe("unit");
    expect(data.choices.map((choice) => choice.message.content)).toEqual([
      expect.stringMatching(fullText),
      expect.stringMatching(fullText),
    ]);
    const each = textTokens("gpt-4o", data.choices[0]?.message.content ?? "");
    const prompt = promptTokens("gpt-4o", messages);
    expect(data.usage).toMatchObject({ prompt_tokens: prompt, completion_tokens: 2 * each });
    expect(data.usage?.total_tokens).toBe(prompt + 2 * each);
  });

  it("stops at the most output that was asked for", async () => {
    const asked = { model: "gpt-4o", messages, max_completion_tokens: 5 };
    const { choices, usage } = await openai.chat.completions.create(asked);
    expect(choices[0]?.finish_reason).toBe("length");
    expect(usage?.completion_tokens).toBe(5);
  });

  it("streams the same text, with usage in one last chunk only when asked", async () => {
    for (const options of [{}, { stream_options: { include_usage: true } }]) {
      const asked = { model: "gpt-4o", messages, stream: true as const, ...options };
      const chunks: OpenAI.ChatCompletionChunk[] = [];
      for await (const chunk of await openai.chat.completions.create(asked)) chunks.push(chunk);
      const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
      expect(text).toMatch(fullText);
      const withUsage = chunks.filter((chunk) => chunk.usage);
      expect(withUsage.length).toBe("stream_options" in options ? 1 : 0);
      expect(withUsage.every((chunk) => chunk === chunks.at(-1))).toBe(true);
      expect(withUsage[0]?.choices ?? []).toEqual([]);
    }
  });

  it("stalls after as many pieces as it was told, until the client leaves", async () => {
    const asked = { model: "gpt-4o", messages, stream: true as const };
    const headers = { "x-mock-stall-after": "3" };
    const stream = await openai.chat.completions.create(asked, { headers });
    const pieces: string[] = [];
    const stalled = setTimeout(() => stream.controller.abort(), 300);
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta.content;
      if (text) pieces.push(text);
    }
    clearTimeout(stalled);
    expect(pieces.length).toBe(3);
    expect(stream.controller.signal.aborted).toBe(true);
  });

  it("keeps usage to itself when told to", async () => {
    const headers = { "x-mock-no-usage": "1" };
    const asked = { model: "gpt-4o", messages };
    expect((await openai.chat.completions.create(asked, { headers })).usage).toBeUndefined();
  });

  it.each([
    ["{", 400, "could not parse the JSON body"],
    ["null", 400, "must provide a model"],
    ['{"model":"gpt-4o"}', 400, "must provide a messages"],
  ])("refuses %s as OpenAI does", async (body, status, message) => {
    const url = `${provider.url}/v1/chat/completions`;
    const response = await fetch(url, { method: "POST", body });
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { message: string; type: string } };
    expect(error).toMatchObject({ type: "invalid_request_error" });
    expect(error.message).toContain(message);
  });
});
