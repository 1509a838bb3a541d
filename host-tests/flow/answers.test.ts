/** Answers of every kind: what is read of each, and that its bytes go on as they came. */
import { gzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { promptTokens, tokensOf } from "./account.ts";
import { ask, type Asked, taken, valuesOf } from "./chat_flow.ts";
import { chatAnswer, chatBody, chatEvent, chatSetup, doneEvent, endEvent } from "./chat_setup.ts";
import { jsonHeaders, sseHeaders, textEvent, usage, usageEvent } from "./chat_setup.ts";
import type { Answer, HeaderList } from "./provider.ts";
import { stream } from "./streamed.ts";
import { type Flow, onBothHosts } from "./world_flow.ts";

const prompt = promptTokens("Say this is a test");

/** Own words for what the answer cost, where the provider had none to say. */
function ownCount(texts: string[]): object {
  const output = texts.reduce((sum, text) => sum + tokensOf(text), 0);
  const counts = { input_tokens: String(prompt), output_tokens: String(output) };
  return { ...counts, total_tokens: String(prompt + output), quality: "formula" };
}

async function answered(flow: Flow, answer: Answer, body = chatBody()): Promise<Asked> {
  flow.provider.queue(answer);
  const asked = await ask(flow, body);
  taken(flow);
  return asked;
}

const choice = (index: number, delta: object): object => ({ index, delta, finish_reason: null });

describe("what a stream delivers", () => {
  onBothHosts("is counted choice by choice", chatSetup(), async (flow) => {
    // Each choice is a text of its own: cut between choices, words must not run together.
    const events = [
      chatEvent({ choices: [choice(0, { role: "assistant", content: "" })] }),
      chatEvent({ choices: [choice(0, { content: "un" }), choice(1, { content: "intern" })] }),
      chatEvent({ choices: [choice(0, { content: "believ" })] }),
      chatEvent({ choices: [{ delta: { content: "ational" }, index: 1, finish_reason: null }] }),
      chatEvent({ choices: [choice(2, { content: "un" }), choice(0, { content: "able" })] }),
      chatEvent({ choices: [choice(1, { content: "ization" })] }),
    ];
    const texts = ["unbelievable", "internationalization", "un"];
    const { log } = await stream(flow, events.join("") + doneEvent, { model: "gpt-4o" });
    expect(log).toMatchObject(ownCount(texts));
  });

  onBothHosts("is counted with tool calls, reasoning and refusals", chatSetup(), async (flow) => {
    const call = (index: number, args: string, name?: string): object => {
      const named = name === undefined ? {} : { id: `call_${index}`, type: "function" };
      const content = { ...(name === undefined ? {} : { name }), arguments: args };
      return choice(0, { tool_calls: [{ index, ...named, function: content }] });
    };
    const events = [
      chatEvent({ choices: [choice(0, { reasoning_content: "Let me th" })] }),
      chatEvent({ choices: [choice(0, { reasoning_content: "ink." })] }),
      chatEvent({ choices: [call(0, "", "weather")] }),
      chatEvent({ choices: [call(0, '{"a":"un')] }),
      chatEvent({ choices: [call(1, '{"a":"intern', "news")] }),
      chatEvent({ choices: [call(0, "believ")] }),
      chatEvent({ choices: [call(1, "ational")] }),
      chatEvent({ choices: [call(0, 'able"}')] }),
      chatEvent({ choices: [call(1, 'ization"}')] }),
      chatEvent({ choices: [choice(0, { refusal: "I can't." })] }),
      endEvent,
    ];
    const answer = events.join("") + doneEvent;
    const { log, text } = await stream(flow, answer, { model: "gpt-4o" });
    expect(text).toBe(answer);
    const calls = ['weather{"a":"unbelievable"}', 'news{"a":"internationalization"}'];
    expect(log).toMatchObject(ownCount(["Let me think.", ...calls, "I can't."]));
  });

  onBothHosts("is what the provider says it was", chatSetup(), async (flow) => {
    const details = {
      ...{ prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 },
      prompt_tokens_details: { cached_tokens: 60, audio_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 20 },
    };
    const answer = textEvent("Hi") + chatEvent({ choices: [], usage: details }) + doneEvent;
    const { log } = await stream(flow, answer, { model: "gpt-4o" });
    expect(log).toMatchObject({ input_tokens: "100", cached_input_tokens: "60" });
    expect(log).toMatchObject({ output_tokens: "50", reasoning_tokens: "20", quality: "exact" });
  });

  onBothHosts("may be told as it goes", chatSetup(), async (flow) => {
    const running = [1, 2, 3].map((tokens) => {
      const soFar = { prompt_tokens: 12, completion_tokens: tokens, total_tokens: 12 + tokens };
      return textEvent("x", { usage: soFar });
    });
    const answer = running.join("") + doneEvent;
    const { log, text } = await stream(flow, answer, { model: "gpt-4o" });
    expect(text).toBe(answer);
    expect(log).toMatchObject({ output_tokens: "3", total_tokens: "15", quality: "exact" });
  });
});

describe("usage", () => {
  onBothHosts("of zeros is zero", chatSetup(), async (flow) => {
    const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    const { log } = await answered(flow, chatAnswer({ usage: zeros }));
    expect(log).toMatchObject({ total_tokens: "0", cost_nano_usd: "0", quality: "exact" });
  });

  onBothHosts("is only what stands in its place", chatSetup(), async (flow) => {
    const shaped = JSON.stringify({ usage: { prompt_tokens: 1, completion_tokens: 999 } });
    const fakes = [
      chatEvent({ choices: [choice(0, { content: `data: ${shaped}\n\n` })] }),
      chatEvent({ choices: [choice(0, { content: "", usage: { completion_tokens: 999 } })] }),
      chatEvent({ choices: [{ ...choice(0, {}), usage: { completion_tokens: 999 } }] }),
      chatEvent({ error: { usage: { prompt_tokens: 9, completion_tokens: 999 } } }),
      chatEvent({ x: { usage: { completion_tokens: 999 } }, Usage: { completion_tokens: 999 } }),
      chatEvent({ choices: [], usage: { x: { prompt_tokens: 9, completion_tokens: 999 } } }),
      `: data: ${shaped}\n\n`,
      `event: data: ${shaped}\ndatax: ${shaped}\n\n`,
      `data: ["usage", ${shaped}]\n\n`,
      `data: x ${shaped}\n\n`,
    ];
    const { log } = await stream(flow, fakes.join("") + doneEvent, { model: "gpt-4o" });
    expect(log).toMatchObject(ownCount([`data: ${shaped}\n\n`]));
    const message = { content: shaped, tool_calls: [{ function: { arguments: shaped } }] };
    const real = { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 };
    const json = { choices: [{ index: 0, message, usage: { completion_tokens: 9 } }], usage: real };
    const whole = await answered(flow, chatAnswer(json));
    expect(whole.log).toMatchObject({ output_tokens: "7", total_tokens: "19", quality: "exact" });
  });

  onBothHosts("in hostile numbers is none", chatSetup(), async (flow) => {
    const absent = [
      "-1",
      "-0",
      "1e3",
      "1.0",
      '"5"',
      "null",
      "[]",
      "{}",
      "true",
      "18446744073709551615",
      "18446744073709551616",
    ];
    for (const number of [...absent, "1".repeat(400), "-9223372036854775808", "0.5"]) {
      const first = `{"prompt_tokens":${number},"completion_tokens":${number}`;
      const numbers = `${first},"total_tokens":${number}}`;
      const body = `{"choices":[{"message":{"content":"one two"}}],"usage":${numbers}}`;
      const { log, text } = await answered(flow, { headers: jsonHeaders, chunks: [body] });
      expect(text).toBe(body);
      expect(log).toMatchObject(ownCount(["one two"]));
    }
  });

  onBothHosts("no answer can come to is none", chatSetup(), async (flow) => {
    const most = 1_000_000_000;
    for (const number of [most, most + 1, 2 ** 31, 2 ** 32 + 1, "9007199254740993"]) {
      const numbers = `{"prompt_tokens":${number},"completion_tokens":${number}}`;
      const body = `{"choices":[{"message":{"content":"one two"}}],"usage":${numbers}}`;
      const { log } = await answered(flow, { headers: jsonHeaders, chunks: [body] });
      const exact = { input_tokens: String(most), output_tokens: String(most), quality: "exact" };
      expect(log).toMatchObject(number === most ? exact : ownCount(["one two"]));
    }
  });

  onBothHosts("that is said twice counts once", chatSetup(), async (flow) => {
    const less = { ...usage, completion_tokens: 4, total_tokens: 16 };
    const answer =
      textEvent("Hi") + chatEvent({ choices: [], usage: less }) + usageEvent + usageEvent;
    const { log } = await stream(flow, answer + doneEvent, { model: "gpt-4o" });
    expect(log).toMatchObject({ input_tokens: "12", output_tokens: "5", total_tokens: "17" });
  });
});

describe("an answer in another form than was asked for", () => {
  onBothHosts("is read as what it says it is", chatSetup(), async (flow) => {
    const body = chatBody({ stream: true });
    const json = await answered(flow, chatAnswer(), body);
    expect(JSON.parse(json.text).usage).toEqual(usage);
    expect(json.log).toMatchObject({ output_tokens: "5", quality: "exact", stream: "true" });
    const events = textEvent("Hi") + usageEvent + doneEvent;
    const sse = await answered(flow, { headers: sseHeaders, chunks: [events] });
    expect(sse.text).toBe(events);
    expect(sse.log).toMatchObject({ output_tokens: "5", quality: "exact", stream: "false" });
    const type: HeaderList = [["content-type", "Application/JSON; charset=utf-8"]];
    const odd = await answered(flow, { ...chatAnswer(), headers: type });
    expect(odd.log).toMatchObject({ output_tokens: "5", quality: "exact" });
  });

  onBothHosts("is charged by its size when it cannot be read", chatSetup(), async (flow) => {
    for (const headers of [[["content-type", "text/plain"]], []] as HeaderList[]) {
      const { log, text } = await answered(flow, { headers, chunks: ["x".repeat(401)] });
      expect(text).toBe("x".repeat(401));
      expect(log).toMatchObject({ input_tokens: "12", output_tokens: "101", quality: "estimate" });
    }
  });

  onBothHosts("is not touched while it is encoded", chatSetup(), async (flow) => {
    for (const model of ["gpt-4o", "gpt-4"]) {
      for (const streamed of [false, true]) {
        const plain = streamed
          ? textEvent("Hi") + usageEvent
          : JSON.stringify({ usage, model: "x" });
        const headers = streamed ? sseHeaders : jsonHeaders;
        const zipped = gzipSync(plain);
        const provider = flow.providers[model === "gpt-4" ? "azure" : "openai"];
        provider?.queue({ headers, chunks: [plain], gzip: true, contentLength: true });
        const { reply, log } = await ask(flow, chatBody({ model, stream: streamed }));
        expect(reply.body.equals(zipped)).toBe(true);
        expect(valuesOf(reply.headers, "content-encoding")).toEqual(["gzip"]);
        expect(valuesOf(reply.headers, "content-length")).toEqual([String(zipped.length)]);
        const output = String(Math.ceil(zipped.length / 4));
        expect(log).toMatchObject({ output_tokens: output, quality: "estimate" });
      }
    }
  });
});

describe("an answer without a body or with a bad end", () => {
  onBothHosts("of 204", chatSetup(), async (flow) => {
    for (const model of ["gpt-4o", "gpt-4"]) {
      flow.providers[model === "gpt-4" ? "azure" : "openai"]?.queue({
        status: 204,
        headers: jsonHeaders,
      });
      const { reply, log } = await ask(flow, chatBody({ model, stream: true }));
      expect([reply.status, reply.body.length]).toEqual([204, 0]);
      expect(log).toMatchObject({ output_tokens: "0", ending: "complete", quality: "formula" });
    }
  });

  onBothHosts("of an error status goes on as it is", chatSetup(), async (flow) => {
    const error = '{"error":{"message":"no","code":"x"} , "model":"gpt-4-prod"}';
    for (const status of [400, 401, 429, 500, 503]) {
      for (const chunks of [[error], [error.slice(0, 40), error.slice(40)], ["no JSON"]]) {
        const headers: HeaderList = [...jsonHeaders, ["retry-after", "7"]];
        flow.providers.azure?.queue({ status, headers, chunks, contentLength: true });
        const { reply, text, log } = await ask(flow, chatBody({ model: "gpt-4", stream: true }));
        taken(flow, "azure");
        expect([reply.status, text]).toEqual([status, chunks.join("")]);
        expect(valuesOf(reply.headers, "content-length")).toEqual([String(text.length)]);
        expect(valuesOf(reply.headers, "retry-after")).toEqual(["7"]);
        expect(log).toMatchObject({ ending: "upstream_error", total_tokens: "0", status });
      }
    }
  });

  onBothHosts("with trailers keeps all that is whole", chatSetup(), async (flow) => {
    const trailers: HeaderList = [["x-end", "yes"]];
    const whole = '{"model":"x","choices":[{"delta":{"content":"Hi"}}]}';
    for (const [end, passes] of [
      ["\n\n", true],
      ["", true],
      ["\n\ndata: [DONE]", true],
      ['\n\ndata: {"model":"x"', false], // held back, and no event of any reader's
    ] as const) {
      const answer = { headers: sseHeaders, trailers };
      const { reply, text } = await stream(flow, `data: ${whole}${end}`, { answer });
      const client = `data: ${whole.replace('"x"', '"gpt-4"')}`;
      expect(text).toBe(client + (passes ? end : "\n\n"));
      expect(reply.trailers).toEqual(trailers);
    }
    flow.providers.azure?.queue({
      headers: jsonHeaders,
      chunks: ['{"a":1,"model":"x"}'],
      trailers,
    });
    const { text, reply, log } = await ask(flow, chatBody({ model: "gpt-4" }));
    expect([text, reply.trailers]).toEqual(['{"a":1,"model":"gpt-4"}', trailers]);
    expect(log.ending).toBe("complete");
  });
});
