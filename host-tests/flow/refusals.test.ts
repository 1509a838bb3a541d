/**
 * Requests that are refused: each with a reason, in the client's dialect, and with nothing sent on.
 */
import { once } from "node:events";
import { connect } from "node:http2";
import { describe, expect } from "vitest";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { ask, cutInto, taken } from "./chat_flow.ts";
import { chatAnswer, chatBody, chatPath, chatPolicy, chatSetup } from "./chat_setup.ts";
import { jsonHeaders } from "./chat_setup.ts";
import { type Request, requestSteps } from "./client.ts";
import { expectDenials, expectRefused, type Refusal } from "./refused.ts";
import { onBothHosts } from "./world_flow.ts";

const json = "The request body is not valid JSON: ";
const invalidJson = { status: 400, code: "invalid_json" };
const invalidModel = { status: 400, code: "invalid_model", param: "model" as const };
const missingModel = { status: 400, code: "model_missing", param: "model" as const };
const repeated = { status: 400, code: "repeated_member", says: /^A member stands twice/ };
const lookAlike = { status: 400, code: "look_alike_member", says: /differs .* only in case/ };
const invalidRequest = { status: 400, code: "invalid_request" };

const truncated = { ...invalidJson, says: new RegExp(`^${json}it ends too early`) };
const character = { ...invalidJson, says: new RegExp(`^${json}unexpected character`) };
const trailing = { ...invalidJson, says: new RegExp(`^${json}something follows`) };
const notObject = { ...invalidRequest, says: /^The request body must be a JSON object/ };
const notString = { ...invalidModel, says: /^`model` must be a string/ };
const notText = { ...invalidModel, says: /^`model` is not valid Unicode text/ };
const notBoolean = { ...invalidRequest, says: /^`stream` and `include_usage` must be true or/ };

const otherModels = { status: 400, code: "other_models", says: /would let the upstream choose/ };

type Row = [expected: Omit<Refusal, "at">, marked: string];

/** In each body `§` stands before the byte that the sentence has to name. */
const bodies: Record<string, Row[]> = {
  "not JSON": [
    [truncated, " \n§"],
    [truncated, "{§"],
    [truncated, '{"model":"gpt-4o"§'],
    [truncated, '{"model":"gpt-4o","messages":[{"role":"user","content":"Say§'],
    [truncated, '{"model":"gpt-4o","n":1§'],
    [character, "n§ot json"],
    [character, '{"model":"gpt-4o",§}'],
    [character, '{"model":"gpt-4o",§\'n\':1}'],
    [character, '{"model":"gpt-4o","messages":[1 §2]}'],
    [trailing, '{"model":"gpt-4o"}§x'],
    [trailing, '{"model":"gpt-4o"} \n§{"model":"gpt-4"}'],
    [trailing, '{"model":"gpt-4o"}§\0'],
    [{ ...invalidJson, says: /byte order mark/ }, '§\ufeff{"model":"gpt-4o"}'],
    [{ ...invalidJson, says: /unknown escape/ }, '{"model":"gpt-4o","x":"\\§x41"}'],
    [{ ...invalidJson, says: /control character/ }, '{"model":"gpt-4o","x":"a§\nb"}'],
    [{ ...invalidJson, says: /malformed number/ }, '{"model":"gpt-4o","n":0§1}'],
  ],
  "no object": [
    [notObject, "§[]"],
    [notObject, '§[{"model":"gpt-4o"}]'],
    [notObject, ' §"gpt-4o"'],
    [notObject, "§null"],
    [notObject, "§true"],
    [notObject, "§12"],
  ],
  "members that stand twice": [
    [repeated, '{"model":"gpt-4o",§"model":"gpt-4"}'],
    [repeated, '{"model":"gpt-4o","messages":[], §"model":"gpt-4o"}'],
    [repeated, '{"model":"gpt-4o",§"mod\\u0065l":"gpt-4"}'],
    [repeated, '{"\\u006dodel":"gpt-4o",§"model":null}'],
    [repeated, '{"stream":true,"model":"gpt-4o",§"stream":false}'],
    [repeated, '{"messages":[],"model":"gpt-4o",§"messages":[{"role":"user"}]}'],
    [repeated, '{"stream_options":{},§"stream_options":null,"model":"gpt-4o"}'],
    [repeated, '{"stream_options":{"include_usage":true,§"include_usage":false},"model":"a"}'],
    [repeated, '{"max_tokens":1,§"max_tokens":2,"model":"gpt-4o"}'],
    [repeated, '{"messages":[{"content":"a",§"content":"b"}],"model":"gpt-4o"}'],
  ],
  "members that look alike": [
    [lookAlike, '{"model":"gpt-4o",§"MODEL":"gpt-4"}'],
    [lookAlike, '{§"Model":"gpt-4","model":"gpt-4o"}'],
    [lookAlike, '{§"mOdEl":"gpt-4o"}'],
    [lookAlike, '{"model":"gpt-4o",§"\\u004dodel":"gpt-4"}'],
    [lookAlike, '{"model":"gpt-4o",§"\u017ftream":true}'],
    [lookAlike, '{"model":"gpt-4o",§"me\\u017f\\u017fages":[]}'],
    [lookAlike, '{"model":"gpt-4o",§"max_to\u212aens":1}'],
    [lookAlike, '{"model":"gpt-4o","stream_options":{§"Include_Usage":true}}'],
    [lookAlike, '{"model":"gpt-4o","messages":[{§"Content":"a"}]}'],
  ],
  "models that an upstream may choose from": [
    [otherModels, '{"model":"gpt-4o","models":§["gpt-4"]}'],
    [otherModels, '{"fallbacks":§[],"model":"gpt-4o"}'],
    [otherModels, '{"fallbacks":§"gpt-4","model":"gpt-4o"}'],
  ],
  "a model that is none": [
    [{ ...missingModel, says: /^The member `model` is missing/ }, '{"messages":[]§}'],
    [{ ...missingModel, says: /^The member `model` is missing/ }, "{ §}"],
    [{ ...missingModel, says: /must not be empty/ }, '{"model":§""}'],
    [notString, '{"model":§null}'],
    [notString, '{"model": §4}'],
    [notString, '{"model":§-1.5e3}'],
    [notString, '{"model":§false}'],
    [notString, '{"model":§{"model":"gpt-4o"}}'],
    [notString, '{"model":§["gpt-4o"]}'],
    [{ ...invalidModel, says: /`model` is too long/ }, `{"model":§"${"m".repeat(257)}"}`],
    [notText, '{"model":§"gpt-4o\\ud83d"}'],
    [notText, '{"model":§"\\ude00gpt-4o"}'],
    [notText, '{"model":§"gpt\\ud83d-4o"}'],
  ],
  "flags that are none": [
    [notBoolean, '{"model":"gpt-4o","stream":§"true"}'],
    [notBoolean, '{"model":"gpt-4o","stream":§1}'],
    [notBoolean, '{"model":"gpt-4o","stream":§{}}'],
    [notBoolean, '{"model":"gpt-4o","stream_options":{"include_usage":§"no"}}'],
    [
      { ...invalidRequest, says: /^`stream_options` must be an object/ },
      '{"model":"gpt-4o","stream":true,"stream_options":§[]}',
    ],
  ],
};

describe("a refused body", () => {
  for (const [what, rows] of Object.entries(bodies)) {
    onBothHosts(`of ${what}`, chatSetup(), async (flow) => {
      const reasons: Record<string, number> = {};
      for (const [expected, marked] of rows) {
        const at = Buffer.byteLength(marked.slice(0, marked.indexOf("§")));
        const body = marked.replace("§", "");
        const inPieces = { chunks: cutInto(body, 9), http2: true };
        await expectRefused(flow, { ...expected, at }, body);
        await expectRefused(flow, { ...expected, at }, undefined, inPieces);
        reasons[expected.code] = (reasons[expected.code] ?? 0) + 2;
      }
      await expectDenials(flow, reasons);
    });
  }

  onBothHosts("whose model is not UTF-8", chatSetup(), async (flow) => {
    for (const bytes of ["ff", "c0af", "eda080", "67ff34", "f4908080"]) {
      const head = Buffer.from('{"model":"');
      const body = Buffer.concat([head, Buffer.from(bytes, "hex"), Buffer.from('"}')]);
      await expectRefused(flow, { ...notText, at: 9 }, body);
    }
  });

  onBothHosts("nested too deep", chatSetup(), async (flow) => {
    const tooDeep = { ...invalidJson, says: /nested deeper than this gateway reads/ };
    const depthMax = 512;
    const ofDepth = (depth: number): string => {
      const inner = "[".repeat(depth - 1) + "]".repeat(depth - 1);
      return `{"x":${inner},"model":"gpt-4o"}`;
    };
    await expectRefused(flow, { ...tooDeep, at: 5 + depthMax - 1 }, ofDepth(depthMax + 1));
    const arrays = `{"x":${"[".repeat(10_000)}`;
    await expectRefused(flow, { ...tooDeep, at: 5 + depthMax - 1 }, arrays);
    const objects = `{"x":${'[{"a":'.repeat(2_000)}`;
    await expectRefused(flow, { ...tooDeep, at: 5 + (6 * (depthMax - 2)) / 2 + 1 }, objects);
    flow.provider.queue(chatAnswer());
    expect((await ask(flow, ofDepth(depthMax))).reply.status).toBe(200);
  });

  onBothHosts("that is not there", chatSetup(), async (flow) => {
    const missing = { status: 400, code: "body_missing", says: /^The request has no body/ };
    await expectRefused(flow, missing, undefined);
    await expectRefused(flow, missing, "");
    await expectRefused(flow, missing, undefined, { http2: true });
    await expectRefused(flow, missing, undefined, {
      http2: true,
      chunks: [],
      trailers: [["a", "b"]],
    });
    await expectDenials(flow, { body_missing: 4 });
  });
});

describe("a refused request", () => {
  onBothHosts("with an encoded body", chatSetup(), async (flow) => {
    const encoded = { status: 415, code: "encoded_body", says: /content-encoding.*unencoded/ };
    const plain = chatBody();
    const zstd = Buffer.from("28b52ffd", "hex");
    const bodies: [coding: string, body: Uint8Array | string][] = [
      ["gzip", gzipSync(plain)],
      ["GZIP", gzipSync(plain)],
      ["x-gzip", gzipSync(plain)],
      ["deflate", deflateSync(plain)],
      ["br", brotliCompressSync(plain)],
      ["zstd", zstd],
      ["gzip, br", brotliCompressSync(gzipSync(plain))],
      ["identity, gzip", gzipSync(plain)],
      ["gzip", plain], // a wrong label is no reason to read on
      ["nonsense", plain],
    ];
    for (const [coding, body] of bodies) {
      const headers: Request["headers"] = [["content-encoding", coding]];
      await expectRefused(flow, encoded, body, { headers });
    }
    const twice: Request["headers"] = [
      ["content-encoding", "identity"],
      ["content-encoding", "gzip"],
    ];
    await expectRefused(flow, encoded, gzipSync(plain), { headers: twice });
    await expectDenials(flow, { encoded_body: bodies.length + 1 });
  });

  onBothHosts("may be encoded as identity", chatSetup(), async (flow) => {
    for (const coding of ["identity", "Identity"]) {
      flow.provider.queue(chatAnswer());
      const headers: Request["headers"] = [["content-encoding", coding]];
      expect((await ask(flow, chatBody(), { headers })).reply.status).toBe(200);
      expect(String(taken(flow).body)).toBe(chatBody());
    }
  });

  onBothHosts("in another charset", chatSetup(), async (flow) => {
    const says = /content-type must be given once, and name no charset but UTF-8/;
    const other = { status: 415, code: "unsupported_charset", says };
    for (const type of ["application/json; charset=utf-16", 'text/json;charset="ISO-8859-1"']) {
      const headers: Request["headers"] = [["content-type", type]];
      await expectRefused(flow, other, chatBody(), { headers });
    }
    const twice: Request["headers"] = [
      ...jsonHeaders,
      ["content-type", "text/plain; charset=utf-7"],
    ];
    await expectRefused(flow, other, chatBody(), { headers: twice });
    flow.provider.queue(chatAnswer());
    const utf8: Request["headers"] = [["content-type", "application/json; Charset=UTF-8"]];
    expect((await ask(flow, chatBody(), { headers: utf8 })).reply.status).toBe(200);
  });

  onBothHosts("for a model nobody knows", chatSetup(), async (flow) => {
    const says = /^The model in this request is not known/;
    const unknown = { status: 404, code: "model_not_found", param: "model" as const, says };
    const names = [
      "gpt-5",
      "GPT-4o",
      "gpt-4o ",
      " gpt-4o",
      "gpt-4o\0",
      "chat-default/",
      "__proto__",
    ];
    for (const model of [...names, "m".repeat(256), "gpt‑4o", "模型"]) {
      await expectRefused(flow, unknown, chatBody({ model }));
    }
    await expectDenials(flow, { model_not_found: names.length + 3 });
  });

  const models = { "gpt-4o": { ...chatPolicy.models["gpt-4o"], contextWindow: 20 } };
  onBothHosts("longer than the context", chatSetup({ policy: { models } }), async (flow) => {
    const says = /^The prompt is longer than the context window/;
    const tooLong = { status: 400, code: "context_length_exceeded", says };
    const words = (count: number): string => Array(count).fill("one").join(" ");
    flow.provider.queue(chatAnswer());
    const fits = await ask(flow, chatBody({ content: words(13) }));
    expect([fits.reply.status, fits.log.prompt_tokens]).toEqual([200, "20"]);
    flow.provider.forget();
    await expectRefused(flow, tooLong, chatBody({ content: words(14) }));
  });

  onBothHosts("leaves its connection to the next one", chatSetup(), async (flow) => {
    flow.provider.queue(chatAnswer());
    const ids = [flow.nextId(), flow.nextId()];
    const steps = [chatBody({ model: "gpt-5" }), chatBody()].flatMap((body, at) => {
      const headers: Request["headers"] = [...jsonHeaders, ["x-request-id", ids[at] ?? ""]];
      return requestSteps({ path: chatPath, headers, body });
    });
    const { replies, surplus } = await flow.sendRaw(steps, { replies: 2, id: ids[1] });
    expect(replies.map(({ status }) => status)).toEqual([404, 200]);
    expect(surplus.length).toBe(0);
  });

  onBothHosts("leaves its HTTP2 connection even half read", chatSetup(), async (flow) => {
    const session = connect(`http://127.0.0.1:${flow.world.port}`);
    const statuses: number[] = [];
    for (const body of ['{"model":1', '{"model":"gpt-4o"}x', '{"messages":[]}', "[", chatBody()]) {
      flow.provider.forget();
      flow.provider.queue(chatAnswer());
      const stream = session.request({ ":method": "POST", ":path": chatPath });
      stream.on("response", (headers) => statuses.push(Number(headers[":status"])));
      stream.end(body);
      stream.resume();
      await once(stream, "close");
    }
    session.close();
    expect(statuses).toEqual([400, 400, 400, 400, 200]);
    for (const request of flow.provider.requests) request.headers.length = 0; // ids are the hosts'
  });
});
