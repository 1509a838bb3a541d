/** Answers on their way back: the client's words put back, what it did not ask for taken out. */
import { describe, expect } from "vitest";
import { ask, cutInto, taken, valuesOf } from "./chat_flow.ts";
import { chatAnswer, chatBody, chatPolicy, chatSetup, doneEvent } from "./chat_setup.ts";
import { jsonHeaders, usage } from "./chat_setup.ts";
import { stream } from "./streamed.ts";
import { onBothHosts } from "./world_flow.ts";

const usageText = JSON.stringify(usage);

/** Documents as the upstream writes them, and as the client gets them: `M` is the model's value. */
const models: [upstream: string, client: string][] = [
  ['{"model":"x","a":1}', '{"model":M,"a":1}'],
  ['{"a":1,"model":"x"}', '{"a":1,"model":M}'],
  ['{ "a":[{}], "model" : "gpt-4-prod" ,"b":2 }', '{ "a":[{}], "model" : M ,"b":2 }'],
  ['{"mod\\u0065l":"x"}', '{"mod\\u0065l":M}'],
  ['{"model":"\\"}{\\u0022 é 👋"}', '{"model":M}'],
  ['{"model":""}', '{"model":M}'],
  ['{"a":1}', '{"a":1}'],
  ['{"model":null}', '{"model":null}'],
  ['{"model":4}', '{"model":4}'],
  ['{"model":{"model":"x"}}', '{"model":{"model":"x"}}'],
  [
    '{"x":{"model":"y"},"choices":[{"model":"y"}]}',
    '{"x":{"model":"y"},"choices":[{"model":"y"}]}',
  ],
  ['{"Model":"x","models":"y"}', '{"Model":"x","models":"y"}'],
  ['{"content":"\\"model\\":\\"x\\""}', '{"content":"\\"model\\":\\"x\\""}'],
];

const restored = (text: string): string =>
  text.replaceAll("M,", '"gpt-4",').replaceAll(/M(?= ?[,}])/g, '"gpt-4"');

/** An alias that must be escaped where it is written into JSON. */
const quotingAlias = 'a"b"\\u0041/<1>';
const quotingModel = { ...chatPolicy.models["gpt-4o"], aliases: [quotingAlias] };
const quoting = { policy: { models: { "gpt-4o": quotingModel } } };

describe("the model that the client named", () => {
  onBothHosts("is put back in JSON", chatSetup(), async (flow) => {
    for (const [upstream, client] of models) {
      for (const size of [1_000, 5]) {
        const chunks = cutInto(upstream, size);
        const whole = size === 1_000;
        const answer = { headers: jsonHeaders, chunks, contentLength: whole };
        flow.providers.azure?.queue({ ...answer, ...(whole ? {} : { pauseMs: 2 }) });
        const { text, reply } = await ask(flow, chatBody({ model: "gpt-4" }));
        expect(text).toBe(restored(client));
        expect(valuesOf(reply.headers, "content-length")).toEqual([]);
        taken(flow, "azure");
      }
    }
  });

  onBothHosts("is put back in every chunk", chatSetup(), async (flow) => {
    const events = (documents: string[]): string => {
      return documents.map((document) => `data: ${document}\n\n`).join("") + doneEvent;
    };
    const upstream = events(models.map(([document]) => document));
    const client = restored(events(models.map(([, document]) => document)));
    expect((await stream(flow, upstream)).text).toBe(client);
    for (const size of [17, 40]) {
      const pieces = cutInto(upstream, size);
      expect((await stream(flow, upstream, { pieces })).text).toBe(client);
    }
  });

  onBothHosts("is written back as JSON text", chatSetup(quoting), async (flow) => {
    flow.provider.queue(chatAnswer());
    const { text, log } = await ask(flow, chatBody({ model: quotingAlias }));
    expect(JSON.parse(text).model).toBe(quotingAlias);
    expect(log.requested_model).toBe(quotingAlias);
  });

  onBothHosts("stays the provider's where it was not changed", chatSetup(), async (flow) => {
    const document = '{"model":"gpt-4o-2024-08-06", "x" : 1}';
    flow.provider.queue({ headers: jsonHeaders, chunks: [document], contentLength: true });
    const { text, reply } = await ask(flow, chatBody());
    expect(text).toBe(document);
    expect(valuesOf(reply.headers, "content-length")).toEqual([String(document.length)]);
  });
});

const delta = '{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}';

/** Events of which the client sees nothing unless it asked. */
const hidden = [
  `{"choices":[],"usage":${usageText}}`,
  `{"usage":${usageText},"choices":[]}`,
  `{"usage":${usageText}}`,
  `{"choices":[{"delta":{}}],"usage":${usageText}}`,
  `{"choices":[{"index":0,"delta":{},"finish_reason":null}],"usage":${usageText}}`,
  `{"id":"c","object":"o","created":1,"model":"gpt-4","choices":[],"usage":${usageText}}`,
];

/** Events that say something besides. */
const kept = [
  `{"choices":[{"index":0,"delta":{"content":""}}],"usage":${usageText}}`,
  `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":${usageText}}`,
  `{"choices":[{"index":0,"delta":{"content":"!"},"finish_reason":null}],"usage":${usageText}}`,
  `{"choices":[{"index":0,"delta":{"role":"assistant"}}],"usage":${usageText}}`,
  `{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0}]}}],"usage":${usageText}}`,
];

/** An empty `usage` goes, wherever it stands, with one comma and nothing else. */
const emptied: [upstream: string, client: string][] = [
  ['{"usage":null,"a":1}', '{"a":1}'],
  ['{"a":1,"usage":null,"b":2}', '{"a":1,"b":2}'],
  ['{"a":1,"usage":null}', '{"a":1}'],
  ['{"usage":null}', "{}"],
  ['{ "a":1 , "usage" : null , "b":2 }', '{ "a":1  , "b":2 }'],
  ['{ "usage" : null , "b":2 }', '{  "b":2 }'],
  ['{"us\\u0061ge":null,"a":"usage\\":null"}', '{"a":"usage\\":null"}'],
  ['{"x":{"usage":null},"y":[{"usage":null}]}', '{"x":{"usage":null},"y":[{"usage":null}]}'],
];

const asEvent = (document: string): string => `data: ${document}\n\n`;

describe("usage that the client did not ask for", () => {
  for (const model of ["gpt-4", "gpt-4o"] as const) {
    onBothHosts(`is hidden in a stream of ${model}`, chatSetup(), async (flow) => {
      for (const document of hidden) {
        const answer = asEvent(delta) + asEvent(document) + doneEvent;
        const { text, log } = await stream(flow, answer, { model });
        expect(text).toBe(asEvent(delta) + doneEvent);
        expect(log).toMatchObject({ input_tokens: "12", output_tokens: "5", quality: "exact" });
        const asked = await stream(flow, answer, { model, asksUsage: true });
        expect(asked.text).toBe(answer);
      }
    });

    onBothHosts(`stays in ${model} beside what it did ask for`, chatSetup(), async (flow) => {
      for (const document of kept) {
        const answer = asEvent(delta) + asEvent(document) + doneEvent;
        expect((await stream(flow, answer, { model })).text).toBe(answer);
      }
    });

    onBothHosts(`is cut out of ${model} where it is null`, chatSetup(), async (flow) => {
      const answer = emptied.map(([upstream]) => asEvent(upstream)).join("") + doneEvent;
      const client = emptied.map(([, document]) => asEvent(document)).join("") + doneEvent;
      expect((await stream(flow, answer, { model })).text).toBe(client);
      const pieces = cutInto(answer, 23);
      expect((await stream(flow, answer, { model, pieces })).text).toBe(client);
      expect((await stream(flow, answer, { model, asksUsage: true })).text).toBe(answer);
    });
  }
});

/** The same events in every way in which lines and fields may be written. */
const writings: Record<string, (document: string) => string> = {
  LF: (document) => `data: ${document}\n\n`,
  CRLF: (document) => `data: ${document}\r\n\r\n`,
  CR: (document) => `data: ${document}\r\r`,
  "no space": (document) => `data:${document}\n\n`,
  "a type first": (document) => `event: chunk\ndata: ${document}\n\n`,
  "a type last": (document) => `data: ${document}\nevent: chunk\n\n`,
  "an id between": (document) => `data: ${document}\nid: 1\nretry: 10\n: note\n\n`,
};

describe("the form of a stream", () => {
  onBothHosts("is kept", chatSetup(), async (flow) => {
    for (const write of Object.values(writings)) {
      const usageOnly = write(`{"choices":[],"usage":${usageText}}`);
      const upstream = write('{"model":"x"}') + usageOnly + write(delta) + write("[DONE]");
      const client = write('{"model":"gpt-4"}') + write(delta) + write("[DONE]");
      expect((await stream(flow, upstream)).text).toBe(client);
      expect((await stream(flow, upstream, { pieces: cutInto(upstream, 31) })).text).toBe(client);
    }
  });

  onBothHosts("may put comments and other fields anywhere", chatSetup(), async (flow) => {
    const [ping, note] = [": ping\n\n", ":note\nid: 7\n"];
    const usageOnly = asEvent(`{"choices":[],"usage":${usageText}}`);
    const before = `${ping}${note}${asEvent('{"model":"x"}')}`;
    const upstream = `${before}${ping}${note}${usageOnly}: end\n${doneEvent}`;
    const client = `${ping}${note}${asEvent('{"model":"gpt-4"}')}${ping}${note}: end\n${doneEvent}`;
    expect((await stream(flow, upstream)).text).toBe(client);
    // Also where the comment has gone on before the event behind it is known.
    const at = upstream.indexOf("note", upstream.indexOf(ping, 20));
    const pieces = [upstream.slice(0, at), upstream.slice(at)];
    expect((await stream(flow, upstream, { pieces })).text).toBe(client);
  });

  onBothHosts("may spread a document over lines", chatSetup(), async (flow) => {
    for (const lines of [
      ["{", '"model" :', '"x"', ',"usage":null', ',"a":1,', '"usage":', "null", "}"],
      ['{"model":"x","a":1,', '"usage":null}'],
      ["{", '"usage":null', ',"model":"x","a":1}'],
      ['{"model":"x","usage":null', ',"a":1}'],
      ['{"a":1,"usage":null,', '"model":"x"}'],
    ]) {
      const upstream = `${lines.map((line) => `data: ${line}\n`).join("")}\n${doneEvent}`;
      const { text } = await stream(flow, upstream);
      const [first = "", done] = text.split("\n\n");
      expect(`${done}\n\n`).toBe(doneEvent);
      const joined = first.replaceAll(/^data: /gm, "");
      expect(JSON.parse(joined)).toMatchObject({ model: "gpt-4", a: 1 });
    }
  });

  onBothHosts("may lack its end", chatSetup(), async (flow) => {
    const first = asEvent('{"model":"x","choices":[{"delta":{"content":"one two"}}]}');
    const client = first.replace('"x"', '"gpt-4"');
    for (const [rest, passed, ending] of [
      ["", "", "complete"],
      [`data: {"choices":[],"usage":${usageText}}`, "", "truncated"],
      [`data: {"choices":[],"usage":${usageText}}\n`, "", "truncated"],
      ['data: {"model":"x","choices":[{"delta":{"con', null, "truncated"],
      ["data: [DONE]", null, "truncated"],
      [": bye", null, "complete"],
    ] as const) {
      const { text, log } = await stream(flow, first + rest);
      expect(text).toBe(client + (passed ?? rest));
      expect(log.ending).toBe(ending);
    }
  });
});
