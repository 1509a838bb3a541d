/** What a provider says to the official client, made of what OpenAI documents as its answers. */
import { chatAnswer, chatEvent, doneEvent, jsonHeaders, sseHeaders } from "../flow/chat_setup.ts";
import { usage } from "../flow/chat_setup.ts";
import type { Answer } from "../flow/provider.ts";

interface Delta {
  role?: string;
  content?: string | null;
  refusal?: string | null;
  tool_calls?: object[];
}

function deltaEvent(delta: Delta, index = 0, end: string | null = null): string {
  const choices = [{ index, delta, logprobs: null, finish_reason: end }];
  return chatEvent({ service_tier: "default", system_fingerprint: "fp_1", choices, usage: null });
}

const usageChunk = chatEvent({ service_tier: "default", choices: [], usage });

function stream(events: string[]): Answer {
  return { headers: sseHeaders, chunks: [...events, doneEvent], pauseMs: 2 };
}

/** As a provider answers when it is asked for usage; without it the last chunk is missing. */
function asked(events: string[], withUsage: boolean): Answer {
  const bare = events.map((event) => event.replace(',"usage":null', ""));
  return withUsage ? stream([...events, usageChunk]) : stream(bare);
}

export const plainAnswer: Answer = chatAnswer({
  service_tier: "default",
  system_fingerprint: "fp_1",
});

export const textStream = (withUsage: boolean): Answer =>
  asked(
    [
      deltaEvent({ role: "assistant", content: "", refusal: null }),
      deltaEvent({ content: "This is" }),
      deltaEvent({ content: " a test: \ud83d\ude42 “q”\n" }),
      deltaEvent({}, 0, "stop"),
    ],
    withUsage,
  );

export const twoChoices: Answer = chatAnswer({
  choices: [0, 1].map((index) => ({
    ...{ index, logprobs: null, finish_reason: "stop" },
    message: { role: "assistant", content: `answer ${index}`, refusal: null },
  })),
});

export const twoChoicesStream = (withUsage: boolean): Answer =>
  asked(
    [
      deltaEvent({ role: "assistant", content: "" }, 0),
      deltaEvent({ role: "assistant", content: "" }, 1),
      deltaEvent({ content: "one" }, 1),
      deltaEvent({ content: "nought" }, 0),
      deltaEvent({}, 0, "stop"),
      deltaEvent({}, 1, "length"),
    ],
    withUsage,
  );

const call = { id: "call_1", type: "function" };
const weather = '{"city":"Köln","days":3}';

export const toolAnswer: Answer = chatAnswer({
  choices: [
    {
      ...{ index: 0, logprobs: null, finish_reason: "tool_calls" },
      message: {
        ...{ role: "assistant", content: null, refusal: null },
        tool_calls: [{ ...call, function: { name: "weather", arguments: weather } }],
      },
    },
  ],
});

export const toolStream = (withUsage: boolean): Answer =>
  asked(
    [
      deltaEvent({
        ...{ role: "assistant", content: null },
        tool_calls: [{ index: 0, ...call, function: { name: "weather", arguments: "" } }],
      }),
      ...[weather.slice(0, 9), weather.slice(9)].map((text) =>
        deltaEvent({ tool_calls: [{ index: 0, function: { arguments: text } }] }),
      ),
      deltaEvent({}, 0, "tool_calls"),
    ],
    withUsage,
  );

export function errorAnswer(status: number, code: string): Answer {
  const error = { message: `told so with ${status}`, type: "some_error", param: null, code };
  const headers = [...jsonHeaders, ["x-request-id", "upstream-1"] as [string, string]];
  return { status, headers, chunks: [JSON.stringify({ error })], contentLength: true };
}

/** A stream whose provider gives up half way, in the way that OpenAI's client understands. */
export const errorAmidStream = (withUsage: boolean): Answer =>
  asked(
    [
      deltaEvent({ role: "assistant", content: "This is" }),
      `data: ${JSON.stringify({ error: { message: "overloaded", type: "server_error" } })}\n\n`,
    ],
    withUsage,
  );
