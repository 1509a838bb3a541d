/** Any cut of the bytes gives the same result: exhaustive over small bodies, then seeded. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Pairs } from "../../host/abi.ts";
import { buildModule } from "../../tools/build.ts";
import { jsonHeaders, sseHeaders } from "../flow/chat_setup.ts";
import { cutAt, cutInto, type Exchanged, run, shown, uncut } from "./replayed.ts";

/** FUZZ_CUTS=10000 FUZZ_SEED=7 for a longer search; a failure prints its seed and path. */
const fuzz = {
  numRuns: Number(process.env.FUZZ_CUTS ?? 50),
  seed: Number(process.env.FUZZ_SEED ?? 20240513),
};

const messages = '"messages":[{"role":"user","content":"Gr\\u00fc\\ud83d\\ude00ße 👋\\n"}]';

/** Requests by what happens to them; `gpt-4` goes on under another name. */
const requests: Record<string, string> = {
  "model last": `{${messages},"model":"gpt-4"}`,
  "model first": `{"model":"gpt\\u002d4",${messages}}`,
  "a stream": `{"stream":true,${messages},"model":"gpt-4"}`,
  "stream options":
    ' {"stream_options" : {"a":1, "include_usage":false} ,' + '"stream":true,"model":"gpt-4"} ',
  "null options": `{"stream":true,"stream_options":null,${messages},"model":"gpt-4o"}`,
  "no edit": `{${messages},"model":"gpt-4o"}`,
  "parts and tools":
    '{"messages":[{"role":"user","name":"ü","content":[{"type":"text","text":"é"}]}],' +
    '"model":"gpt-4o","tools":[]}',
  "a repeated member": `{${messages},"model":"gpt-4","mod\\u0065l":"gpt-4o"}`,
  "a look-alike": `{${messages},"model":"gpt-4","\\u017ftream":true}`,
  "cut short": `{${messages},"model":"gpt-4`,
  "trailing bytes": `{"model":"gpt-4"} x`,
  "a long model": `{"model":"${"m".repeat(257)}"}`,
  "an unknown model": `{"model":"gpt-5\\u0000","messages":[]}`,
  "a broken model": `{"model":"gpt\\ud800-4"}`,
};

const plainAnswer = '{"model":"m","choices":[{"message":{"content":"Hi"}}]}';

const usage = '{"prompt_tokens":12,"completion_tokens":5,"total_tokens":17}';
const chunk = (more: string): string => `{"id":"c","model":"gpt-4-prod",${more}}`;
const delta = (text: string): string =>
  chunk(`"choices":[{"index":0,"delta":{"content":"${text}"}}]`);
const end = chunk('"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]');
const usageChunk = chunk(`"choices":[],"usage":${usage}`);

/** JSON answers. */
const documents: Record<string, string> = {
  "model first":
    '{"model":"gpt-4-prod","choices":[{"index":0,"message":{"content":"é\\ud83d\\ude00"}}],' +
    `"usage":${usage}}`,
  "model last":
    `{"choices":[{"message":{"content":"a"},"index":0}],"usage":${usage}, ` +
    '"model" : "gpt\\u002d4-prod" }',
  "no usage": '{"mod\\u0065l":"x","choices":[{"message":{"content":"one two"},"index":1}]}',
  "no JSON": '{"model":"x" oops',
  "cut short": '{"choices":[],"model":"gpt-4-pr',
};

/** Event streams. */
const streams: Record<string, string> = {
  "with LF": `data: ${delta("é👋")}\n\ndata: ${end}\n\ndata: ${usageChunk}\n\ndata: [DONE]\n\n`,
  "with CRLF": `data: ${delta("a")}\r\n\r\ndata: ${usageChunk}\r\n\r\ndata: [DONE]\r\n\r\n`,
  "with CR": `data: ${delta("a")}\r\rdata: ${usageChunk}\r\rdata: [DONE]\r\r`,
  "with comments":
    `: hi\n\n: dd\ndata: ${delta("a")}\n: e\n\n:ping\nid: 7\n` +
    `data: ${usageChunk}\n\n: z\ndata: [DONE]\n\n`,
  "with types":
    `event: e\ndata: ${delta("a")}\n\nevent: usage\nretry: 5\n` +
    `data: ${usageChunk}\n\ndog: x\ndata:[DONE]\n\n`,
  "in several lines":
    'data: {"id":"c",\ndata:  "model":"gpt-4-prod","usage":null,\ndata:"choices":[]}\n\n' +
    `data: {"choices":[],\ndata: "usage":${usage}}\n\n`,
  "with null usage": [
    `"usage":null,"a":1`,
    `"a":1,"usage":null,"b":1`,
    `"a":1, "usage" : null `,
    `"usage":null`,
  ]
    .map((members) => `data: {${members}}\n\n`)
    .join(""),
  "without an end": `data: ${delta("a")}\n\ndata: ${usageChunk}`,
  "cut short": `data: ${delta("a")}\n\ndata: {"choices":[],"model":"gp`,
  "of other things":
    "\ufeffdata\n\ndata: \n\ndata: hello\n\ndata: [1]\n\nevent: x\n\n\n\ndata: {oops}\n\n",
};

let module = "";
beforeAll(async () => {
  module = await buildModule();
});

/** The body at every single cut and in pieces of every size up to 64. */
function* cuttings(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let at = 0; at <= bytes.length; at++) yield cutAt(bytes, [at]);
  for (let size = 1; size <= 64; size++) yield cutInto(bytes, size);
}

/** Asserts that no cut of the request's or the response's body shows. */
function expectUncut(exchange: Exchanged, cutsResponse: boolean): void {
  const request = uncut(exchange.request);
  const response = uncut(exchange.response);
  const whole = run(exchange, { request, response });
  expect([whole.violations, whole.trap]).toEqual([[], null]);
  const expected = shown(whole);
  const text = JSON.stringify(expected);
  const bytes = cutsResponse ? exchange.response : exchange.request;
  const check = (chunks: Uint8Array[], ends: boolean): void => {
    const cut = cutsResponse ? { request, response: chunks } : { request: chunks, response };
    const result = shown(run(exchange, { ...cut, endWithLastChunk: ends }));
    if (JSON.stringify(result) === text) return;
    const lengths = chunks.map((piece) => piece.length).join("+");
    expect(result, `cut into ${lengths}, end ${ends}`).toEqual(expected);
  };
  let endWithLastChunk = false;
  for (const chunks of cuttings(bytes)) {
    check(chunks, endWithLastChunk);
    endWithLastChunk = !endWithLastChunk;
  }
  const positions = fc.array(fc.nat(bytes.length), { maxLength: 9 });
  const anywhere = fc.property(positions, fc.boolean(), (several, ends) => {
    check(
      cutAt(
        bytes,
        several.sort((a, b) => a - b),
      ),
      ends,
    );
  });
  fc.assert(anywhere, fuzz);
}

const trailers: Pairs = [["x-end", "yes"]];

describe("every cut of a request", () => {
  for (const [what, body] of Object.entries(requests)) {
    const exchange = (): Exchanged => ({
      ...{ module, request: Buffer.from(body), response: Buffer.from(plainAnswer) },
      responseHeaders: jsonHeaders,
    });
    it(`with ${what}`, () => expectUncut(exchange(), false));
    it(`with ${what}, and trailers`, () => {
      expectUncut({ ...exchange(), requestTrailers: trailers }, false);
    });
  }
});

/** Both with the client's words put back and without a need to. */
const asked: Record<string, string> = {
  edited: '{"stream":true,"model":"gpt-4","messages":[]}',
  "as it is": '{"stream":true,"model":"gpt-4o","stream_options":{"include_usage":true}}',
};

describe("every cut of an answer", () => {
  for (const [how, request] of Object.entries(asked)) {
    const answers = { JSON: documents, events: streams };
    for (const [form, bodies] of Object.entries(answers)) {
      for (const [what, body] of Object.entries(bodies)) {
        it(`in ${form}, ${what}, ${how}`, () => {
          const responseHeaders = form === "JSON" ? jsonHeaders : sseHeaders;
          const response = Buffer.from(body);
          const exchange = { module, request: Buffer.from(request), response, responseHeaders };
          expectUncut(exchange, true);
        });
      }
    }
  }
});
