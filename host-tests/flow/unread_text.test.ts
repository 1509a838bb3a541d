/** Text that is not read in full is estimated, and never dropped or free, on both hosts. */
import { describe, expect } from "vitest";
import { tokensOf } from "./account.ts";
import { ask } from "./chat_flow.ts";
import {
  chatAnswer,
  chatBody,
  chatEvent,
  chatSetup,
  doneEvent,
  endEvent,
  jsonHeaders,
  sseHeaders,
  textEvent,
  usage,
  usageEvent,
} from "./chat_setup.ts";
import { onBothHosts } from "./world_flow.ts";

const streamed = chatBody({ stream: true });

describe("an answer", () => {
  onBothHosts("keeps what stands beside usage in a chunk", chatSetup(), async (flow) => {
    const kept = [
      chatEvent({ choices: [{ index: 0, delta: { audio: { data: "AA==" } } }], usage }),
      chatEvent({ choices: [{ index: 0, delta: {}, reasoning_details: ["x"] }], usage }),
      chatEvent({ choices: [], citations: ["https://example.test"], usage }),
      chatEvent({ choices: [], error: { message: "late" }, usage }),
    ];
    flow.provider.queue({ headers: sseHeaders, chunks: [...kept, usageEvent, doneEvent] });
    const { text, log } = await ask(flow, streamed);
    expect(text).toBe(kept.join("") + doneEvent);
    expect(log).toMatchObject({ input_tokens: "12", output_tokens: "5", quality: "exact" });
  });

  onBothHosts("is not settled by usage that came before its text", chatSetup(), async (flow) => {
    const early = { prompt_tokens: 12, completion_tokens: 0, total_tokens: 12 };
    const chunks = [textEvent("", { usage: early }), textEvent("This is a test."), endEvent];
    flow.provider.queue({ headers: sseHeaders, chunks: [...chunks, doneEvent] });
    const { log } = await ask(flow, streamed);
    const output = String(tokensOf("This is a test."));
    expect(log).toMatchObject({ input_tokens: "12", output_tokens: output, quality: "formula" });
  });

  onBothHosts("that cannot be read is charged by its size", chatSetup(), async (flow) => {
    const long = "text ".repeat(200);
    const broken = chatEvent({ choices: [{ index: 0, delta: { content: long } }] });
    const bodies = [
      { headers: sseHeaders, chunks: [broken.replace('{"id"', '{"logprobs":NaN,"id"'), doneEvent] },
      { headers: jsonHeaders, chunks: [`\uFEFF{"choices":[{"message":{"content":"${long}"}}]}`] },
      { headers: jsonHeaders, chunks: [`{"output":"${long}"}`] },
      { headers: sseHeaders, chunks: [`{"choices":[{"message":{"content":"${long}"}}]}`] },
    ];
    for (const body of bodies) {
      flow.provider.queue(body);
      const { log } = await ask(flow, streamed);
      expect(Number(log.output_tokens)).toBeGreaterThan(200);
      expect(Number(log.output_tokens)).toBeLessThan(400);
      expect(log.quality).toBe("estimate");
    }
  });
});

describe("a prompt", () => {
  onBothHosts("is estimated where it is not counted", chatSetup(), async (flow) => {
    const description = "word ".repeat(400);
    const parts = [
      { tools: [{ type: "function", function: { name: "f", description } }] },
      { documents: [{ text: description }] },
      {
        messages: [{ role: "user", content: [{ type: "file", file: { file_data: description } }] }],
      },
      { messages: [{ role: "user", thinking: description, content: "x" }] },
    ];
    for (const part of parts) {
      flow.provider.queue(chatAnswer({ usage: undefined }));
      const { log } = await ask(flow, chatBody(part));
      expect(Number(log.prompt_tokens)).toBeGreaterThan(400);
      expect(log.quality).toBe("estimate");
    }
  });

  const small = chatSetup({
    policy: {
      models: { "gpt-4o": { encoding: "o200k_base", contextWindow: 50 } },
      unpriced: "allow",
    },
  });
  onBothHosts("is held to the context window beside tools", small, async (flow) => {
    const long = { content: "many words here ".repeat(50), tools: [] };
    const { reply, log } = await ask(flow, chatBody(long));
    expect([reply.status, log.reason]).toEqual([400, "context_length_exceeded"]);
  });
});
