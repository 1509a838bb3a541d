/** `include_usage` is asked for on the client's behalf, and the answer to that is then hidden. */
import { describe, expect } from "vitest";
import { ask, taken } from "./chat_flow.ts";
import { chatAnswer, chatBody, chatSetup, doneEvent, endEvent } from "./chat_setup.ts";
import { sseHeaders, textEvent, usageEvent } from "./chat_setup.ts";
import { type Flow, onBothHosts } from "./world_flow.ts";

const visible = textEvent("This is") + textEvent(" a test.") + endEvent;

/** Answers a stream, with the usage chunk where the provider knows of such a thing. */
function answer(flow: Flow, withUsage: boolean, cluster = "openai"): void {
  const more = withUsage ? { usage: null } : {};
  const texts = [textEvent("This is", more), textEvent(" a test.", more)];
  const chunks = [...texts, endEvent, ...(withUsage ? [usageEvent] : []), doneEvent];
  flow.providers[cluster]?.queue({ headers: sseHeaders, chunks });
}

/** The body that the upstream received for this one. */
async function forwarded(flow: Flow, body: string): Promise<string> {
  answer(flow, true);
  await ask(flow, body);
  return String(taken(flow).body);
}

describe("usage in a stream", () => {
  for (const asked of [true, false]) {
    for (const supported of [true, false]) {
      const title = `${asked ? "asked" : "not asked"} for, ${supported ? "and" : "not"} supported`;
      onBothHosts(title, chatSetup(), async (flow) => {
        answer(flow, supported);
        const options = asked ? { stream_options: { include_usage: true } } : {};
        const { text, log } = await ask(flow, chatBody({ stream: true, ...options }));
        const upstream = JSON.parse(String(taken(flow).body));
        expect(upstream.stream_options).toEqual({ include_usage: true });
        const more = { usage: null };
        const withUsage =
          textEvent("This is", more) + textEvent(" a test.", more) + endEvent + usageEvent;
        expect(text).toBe((asked && supported ? withUsage : visible) + doneEvent);
        expect(log).toMatchObject({ input_tokens: "12", output_tokens: "5", total_tokens: "17" });
        expect(log).toMatchObject({ quality: supported ? "exact" : "formula", stream: "true" });
      });
    }
  }

  onBothHosts("is not asked for where nothing streams", chatSetup(), async (flow) => {
    const options = { stream_options: { include_usage: false } };
    for (const body of [
      chatBody(),
      chatBody({ stream: false }),
      chatBody({ stream: null as unknown as boolean }),
      chatBody({ stream: false, ...options }),
    ]) {
      flow.provider.queue(chatAnswer());
      await ask(flow, body);
      expect(String(taken(flow).body)).toBe(body);
    }
  });

  onBothHosts("is asked for, and nothing else changed", chatSetup(), async (flow) => {
    const bodies: [sent: string, received: string][] = [
      ['{S,"model":"gpt-4o"}', '{S,"model":"gpt-4o","stream_options":{"include_usage":true}}'],
      [
        '{S,"model":"gpt-4o" \n}\n',
        '{S,"model":"gpt-4o" \n,"stream_options":{"include_usage":true}}\n',
      ],
      [
        '{S,"model":"gpt-4o","stream_options":null}',
        '{S,"model":"gpt-4o","stream_options":{"include_usage":true}}',
      ],
      [
        '{"stream_options": null ,S,"model":"gpt-4o"}',
        '{"stream_options": {"include_usage":true} ,S,"model":"gpt-4o"}',
      ],
      [
        '{"stream_options": { } ,S,"model":"gpt-4o"}',
        '{"stream_options": {"include_usage":true } ,S,"model":"gpt-4o"}',
      ],
      [
        '{S,"model":"gpt-4o","stream_options":{"x" : [1]}}',
        '{S,"model":"gpt-4o","stream_options":{"include_usage":true,"x" : [1]}}',
      ],
      [
        '{S,"stream_options":{"a":{},"include_usage" : false},"model":"gpt-4o"}',
        '{S,"stream_options":{"a":{},"include_usage" : true},"model":"gpt-4o"}',
      ],
      [
        '{S,"stream_options":{"include_usage":null,"b":1},"model":"gpt-4o"}',
        '{S,"stream_options":{"include_usage":true,"b":1},"model":"gpt-4o"}',
      ],
      [
        '{S,"model":"gpt-4o","stream_options":{"include_\\u0075sage":false}}',
        '{S,"model":"gpt-4o","stream_options":{"include_\\u0075sage":true}}',
      ],
      [
        '{S,"model":"gpt-4o","stream_options":{"include_usage":true}}',
        '{S,"model":"gpt-4o","stream_options":{"include_usage":true}}',
      ],
    ];
    const members = '"stream":true,"messages":[]';
    for (const [sent, received] of bodies) {
      const seen = await forwarded(flow, sent.replace("S", members));
      expect(seen).toBe(received.replace("S", members));
    }
  });

  onBothHosts("is asked for beside another model, on either side", chatSetup(), async (flow) => {
    for (const options of ["null", "{}", '{"include_usage":false}', '{"a":1}', null]) {
      const member = options === null ? [] : [`"stream_options":${options}`];
      const parts = ['"stream":true', '"model":"gpt-4"', ...member];
      for (const order of [parts, [...parts].reverse()]) {
        answer(flow, true, "azure");
        const { text } = await ask(flow, `{${order.join(",")}}`);
        const received = JSON.parse(String(taken(flow, "azure").body));
        const others = options === '{"a":1}' ? { a: 1 } : {};
        expect(received).toEqual({
          ...{ stream: true, model: "gpt-4-prod" },
          stream_options: { include_usage: true, ...others },
        });
        expect(text).toBe(visible.replaceAll("gpt-4o-2024-08-06", "gpt-4") + doneEvent);
      }
    }
  });

  const off = chatSetup({ policy: { includeUsage: false } });
  onBothHosts("is left to the client where the policy says so", off, async (flow) => {
    const body = chatBody({ stream: true });
    answer(flow, false);
    const { text, log } = await ask(flow, body);
    expect(String(taken(flow).body)).toBe(body);
    expect(text).toBe(visible + doneEvent);
    expect(log).toMatchObject({ output_tokens: "5", quality: "formula" });
    // A provider that sends usage unasked is read, and its words stay.
    answer(flow, true);
    const unasked = await ask(flow, body);
    expect(unasked.text).toContain(usageEvent);
    expect(unasked.log).toMatchObject({ output_tokens: "5", quality: "exact" });
  });
});
