/** Counting stops where no model takes a prompt of that length any more. */
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiModule, type RequestFacts } from "./api_module.ts";
import { referenceCount } from "./bpe_module.ts";

let api: ApiModule;
beforeAll(async () => {
  api = await ApiModule.load();
});
beforeEach(() => {
  api.countAs();
});

function read(body: object, tokensMax: number, chunkBytes?: number): RequestFacts {
  api.countAs({ framing: "none", tokensMax });
  const bytes = Buffer.from(JSON.stringify({ model: "m", ...body }));
  return api.readRequest(bytes, 1, chunkBytes === undefined ? {} : { chunkBytes });
}

function chat(...contents: unknown[]): object {
  return { messages: contents.map((content) => ({ role: "user", content })) };
}

describe("a limit on what is counted", () => {
  const words = fc.array(fc.constantFrom(" one", " two", "three", "\n", "…", "四"), {
    maxLength: 40,
  });
  const texts = fc.array(
    words.map((all) => all.join("")),
    { minLength: 1, maxLength: 4 },
  );

  it("is passed by a token too many, and by no less, at every cut", () => {
    const cuts = fc.integer({ min: 1, max: 80 });
    fc.assert(
      fc.property(texts, cuts, (contents, chunkBytes) => {
        const tokens = contents.reduce((sum, text) => sum + referenceCount("o200k_base", text), 0);
        const fits = read(chat(...contents), Math.max(tokens, 1), chunkBytes);
        expect([fits.overLimit, fits.promptTokens]).toEqual([false, tokens]);
        if (tokens < 2) return;
        const over = read(chat(...contents), tokens - 1, chunkBytes);
        expect([over.error, over.overLimit]).toEqual(["None", true]);
        expect(over.promptTokens).toBeGreaterThan(tokens - 1);
        expect(over.promptTokens).toBeLessThanOrEqual(tokens);
      }),
      { numRuns: 300, seed: 20260501 },
    );
  });

  it("ends the count soon, in the middle of a text and before all later ones", () => {
    const long = "one two three ".repeat(100_000);
    const facts = read(chat(long, long), 100, 1000);
    expect(facts.overLimit).toBe(true);
    expect(facts.promptTokens).toBeGreaterThan(100);
    expect(facts.promptTokens).toBeLessThan(600);
    expect(facts.textBytes).toBe(2 * (long.length + 4));
  });

  it("is on what every model is given: not on names, roles and earlier thoughts", () => {
    const long = "one two three ".repeat(50);
    const aside = { role: long, name: long, reasoning_content: long, content: "Hi" };
    expect(read({ messages: [aside] }, 10).overLimit).toBe(false);
    const call = { function: { name: "f", arguments: long } };
    for (const message of [
      { content: long },
      { content: [{ text: long }] },
      { refusal: long },
      { tool_calls: [call] },
      { function_call: call.function },
    ]) {
      expect(read({ messages: [message] }, 10).overLimit).toBe(true);
    }
  });

  it("leaves the rest of a body to be read, and its mistakes to be found", () => {
    const long = "one two three ".repeat(50);
    const facts = read({ ...chat(long, "more"), stream: true, max_tokens: 7 }, 10);
    expect([facts.overLimit, facts.stream, facts.maxOutputTokens]).toEqual([true, true, 7n]);
    api.countAs({ tokensMax: 10 });
    const wrong = Buffer.from(`{"model":"m","messages":[{"content":"${long}"},tru]}`);
    expect(api.readRequest(wrong, 1).error).toBe("NotJson");
  });

  it("is none where there is none, and none without an encoding", () => {
    const long = "one two three ".repeat(50);
    expect(read(chat(long), 0).overLimit).toBe(false);
    api.countAs({ tokensMax: 1 });
    const uncounted = Buffer.from(JSON.stringify({ model: "m", ...chat(long) }));
    expect(api.readRequest(uncounted, 0).overLimit).toBe(false);
  });
});
