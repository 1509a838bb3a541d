/**
 * Hostile bytes in both directions: no trap, no broken rule, and one model for us and the upstream.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Pairs } from "../../host/abi.ts";
import type { ReplayResult } from "../../host/replay.ts";
import { buildModule } from "../../tools/build.ts";
import { chatSetup, jsonHeaders, sseHeaders } from "../flow/chat_setup.ts";
import { cutAt, type Exchanged, run } from "./replayed.ts";

/** FUZZ_HOSTILE=100000 FUZZ_SEED=7 for a longer search; a failure prints its seed and path. */
const fuzz = {
  numRuns: Number(process.env.FUZZ_HOSTILE ?? 1500),
  seed: Number(process.env.FUZZ_SEED ?? 20240513),
};

const passing = { unknownModel: "pass", unpriced: "allow" };
const { configuration } = chatSetup({ policy: passing, attach: { explain: true } });

let module = "";
beforeAll(async () => {
  module = await buildModule();
});

/** Members that decide something, in spellings on which readers differ. */
const member = fc.constantFrom(
  ...['"model":"gpt-4o"', '"model":"gpt-4"', '"mod\\u0065l":"gpt-4"', '"Model":"gpt-4"'],
  ...['"model":null', '"model":{"model":"gpt-4"}', '"model":"gpt\\ud83d\\ude00"'],
  ...['"model":"a\\u0000\\n\\"\\\\"', '"model":"\\ud83d"', '"stream":true', '"stream":false'],
  ...['"stream_options":null', '"stream_options":{"include_usage":false,"x":1}'],
  ...['"stream_options":{}', '"\\u017ftream":true', '"max_to\u212aens":1', '"n":2'],
  ...['"messages":[{"role":"user","content":"Hi \\ud83d\\ude00"}]', '"messages":[{}]'],
  ...['"messages":[{"content":[{"type":"text","text":"x"},{"image_url":{"detail":"low"}}]}]'],
  ...['"x":{"model":"gpt-4","a":[[[{}]]]}', '"":0', '"model\\u0000":"gpt-4"', '"m":"gpt-4"'],
  ...['"tools":[{"type":"function"}]', '"x":-0.0e+10', '"x":"\u{1f44b}\u00e9"'],
);

const space = fc.constantFrom("", "", "", " ", "\n", "\t\r\n");

/** Objects that are mostly JSON, with members repeated and in any order. */
const requestText = fc
  .tuple(fc.array(member, { maxLength: 7 }), space, space)
  .map(
    ([members, before, between]) => `${before}{${members.join(`${between},${between}`)}}${before}`,
  );

/** One event of an answer, or a line of something else. */
const eventText = fc
  .tuple(
    fc.constantFrom("data: ", "data:", "event: x\ndata: ", ": ", "id: 1\ndata: ", "data", "dat"),
    fc.constantFrom(
      ...['{"model":"m","choices":[{"index":0,"delta":{"content":"Hi \\ud83d"}}]}', "[DONE]", "{}"],
      ...['{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}', '{"usage":null}'],
      ...['{"a":1,"usage":null,"model":"\\"m"}', '{"usage":{"prompt_tokens":-1}}', '{"model":'],
      ...['{"usage":null,"usage":null,"usage":null,"model":"a","model":"b","usage":null}', "[", ""],
      ...[
        '{"choices":[{"index":65536,"delta":' +
          '{"tool_calls":[{"index":99,"function":{"arguments":"{}"}}]}}]}',
      ],
      ...[
        '{"choices":[{"delta":{"content":"x"}},{"delta":{"content":"y"},"index":1e9}]}',
        "x".repeat(90),
      ],
    ),
    fc.constantFrom("\n\n", "\r\n\r\n", "\r\r", "\n", "\r\n", "", "\ndata: ,\n\n"),
  )
  .map((parts) => parts.join(""));

const answerText = fc.array(eventText, { maxLength: 8 }).map((events) => events.join(""));

/** Some bytes of it lost, doubled, or overwritten. */
function mutated(text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(), fc.constantFrom("cut", "double", "set"), fc.nat(255));
  return fc.tuple(text, fc.array(change, { maxLength: 3 })).map(([plain, changes]) => {
    let bytes = Buffer.from(plain);
    for (const [place, what, value] of changes) {
      const at = bytes.length === 0 ? 0 : place % bytes.length;
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
      if (what === "set") bytes = Buffer.concat([before, Buffer.from([value]), after.subarray(1)]);
      else if (what === "double") bytes = Buffer.concat([before, after.subarray(0, 9), after]);
      else bytes = Buffer.concat([before, after.subarray(1 + (value % 9))]);
    }
    return bytes;
  });
}

const cuts = fc.array(fc.nat(), { maxLength: 4 });

function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  if (bytes.length === 0) return [];
  return cutAt(
    bytes,
    places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
  );
}

interface Hostile {
  request: Uint8Array;
  response: Uint8Array;
  requestCuts: number[];
  responseCuts: number[];
  ends: boolean;
  trailers: boolean;
  sse: boolean;
}

function replayed(hostile: Hostile, change: Partial<Exchanged> = {}): ReplayResult {
  const trailers: Pairs | undefined = hostile.trailers ? [["x-end", "1"]] : undefined;
  return run(
    {
      ...{ module, configuration, request: hostile.request, response: hostile.response },
      responseHeaders: hostile.sse ? sseHeaders : jsonHeaders,
      ...{ requestTrailers: trailers, responseTrailers: trailers },
      ...change,
    },
    {
      request: cut(hostile.request, hostile.requestCuts),
      response: cut(hostile.response, hostile.responseCuts),
      endWithLastChunk: hostile.ends,
    },
  );
}

function hostiles(request: fc.Arbitrary<Uint8Array>, response: fc.Arbitrary<Uint8Array>) {
  const flags = { ends: fc.boolean(), trailers: fc.boolean(), sse: fc.boolean() };
  return fc.record<Hostile>({ request, response, requestCuts: cuts, responseCuts: cuts, ...flags });
}

/** Member names as a reader takes them that does not tell case. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll("\u017f", "s").replaceAll("\u212a", "k");
}

/**
 * What went on must be JSON for everybody, with one model whatever reader looks for it, and that is
 * the model that we routed and charged.
 */
function expectOneModel(result: ReplayResult): void {
  const body = Buffer.from(result.upstreamRequest?.body ?? []);
  const parsed: Record<string, unknown> = JSON.parse(body.toString("utf8"));
  const { accessLog } = result;
  const logged = (name: unknown): string => String(name).replaceAll(/[\0-\x1f\x7f]/g, "_");
  const { target_model: target, requested_model: requested } = accessLog;
  expect(logged(parsed.model)).toBe(target ?? requested);
  const alike = Object.keys(parsed).filter((name) => folded(name) === "model");
  expect(alike).toEqual(["model"]);
  const header = result.upstreamRequest?.headers.filter(
    ([name]) => name === "x-gateway-model-name",
  );
  expect(header?.map(([, value]) => value)).toEqual(accessLog.model ? [accessLog.model] : []);
  if (accessLog.stream === "true") expect(parsed.stream).toBe(true);
}

/** How often streams were settled, by ending. */
function settledIn(stats: Record<string, number>): number[] {
  const named = Object.entries(stats).filter(([name]) => /^tokenstile_requests_total;/.test(name));
  return named.map(([, count]) => count).filter((count) => count !== 0);
}

function check(result: ReplayResult): void {
  expect([result.trap, result.violations]).toEqual([null, []]);
  const { decision, ending } = result.accessLog;
  if (decision === "admit") {
    expect(result.upstreamRequest?.complete).toBe(true);
    expectOneModel(result);
    expect(["complete", "truncated"]).toContain(ending);
  } else {
    expect([decision, ending]).toEqual(["deny", "denied"]);
    expect(result.upstreamRequest).toBe(null);
    const { error } = JSON.parse(Buffer.from(result.clientResponse?.body ?? []).toString());
    expect(Object.keys(error)).toEqual(["message", "type", "param", "code"]);
  }
  expect(settledIn(result.stats)).toEqual([1]);
  expect(result.stats.tokenstile_streams_open ?? 0).toBe(0);
}

const anyBytes = fc.uint8Array({ maxLength: 200 });
const plainRequest = fc.constantFrom(
  Buffer.from('{"model":"gpt-4","stream":true}'),
  Buffer.from('{"model":"gpt-4o"}'),
);

/** Ways in which a stream can be cut, at a chapter of either body. */
const endings = fc.record({
  abortRequest: fc.option(fc.nat(3), { nil: undefined }),
  respondAt: fc.constantFrom("headers" as const, "end" as const),
  status: fc.constantFrom(200, 200, 204, 400, 500, 503),
  upstream: fc.oneof(
    fc.constant({}),
    fc.constant({ refused: true }),
    fc.integer({ min: -1, max: 3 }).map((after) => ({ resetAfterChunk: after })),
    fc.integer({ min: -1, max: 3 }).map((after) => ({ timeoutAfterChunk: after })),
    fc.nat(3).map((after) => ({ abortAfterChunk: after })),
  ),
  bufferBytesMax: fc.constantFrom(1 << 20, 1 << 20, 64, 16),
});

describe("hostile bytes", () => {
  it("in requests", () => {
    const requests = fc.oneof(
      requestText.map((text) => Buffer.from(text)),
      mutated(requestText),
    );
    const answers = fc.constant(Buffer.from("{}"));
    fc.assert(
      fc.property(hostiles(requests, answers), (hostile) => check(replayed(hostile))),
      fuzz,
    );
  });

  it("in requests that are nothing at all", () => {
    const answers = fc.constant(Buffer.from("{}"));
    fc.assert(
      fc.property(hostiles(anyBytes, answers), (hostile) => check(replayed(hostile))),
      fuzz,
    );
  });

  it("in answers", () => {
    const answers = fc.oneof(mutated(answerText), mutated(requestText), anyBytes);
    fc.assert(
      fc.property(hostiles(plainRequest, answers), (hostile) => check(replayed(hostile))),
      fuzz,
    );
  });

  it("in answers to a policy that counts nothing, without a hold", () => {
    const models = { "gpt-4": {}, "gpt-4o": {} };
    const policy = { version: 1, name: "x", unpriced: "allow", count: "off", models };
    const bare = { configuration: { policy }, stopIterationAllowed: false };
    fc.assert(
      fc.property(hostiles(plainRequest, mutated(answerText)), (hostile) => {
        const { trap, violations } = replayed(hostile, bare);
        expect([trap, violations]).toEqual([null, []]);
      }),
      fuzz,
    );
  });

  it("in streams that end anyhow", () => {
    const requests = fc.oneof(plainRequest, mutated(requestText));
    const hostile = hostiles(requests, mutated(answerText));
    fc.assert(
      fc.property(hostile, endings, (bytes, { abortRequest, upstream, ...ending }) => {
        const change = { ...ending, abortRequestAfterChunk: abortRequest, upstream };
        const { trap, violations, stats, accessLog } = replayed(bytes, change);
        expect([trap, violations]).toEqual([null, []]);
        expect(settledIn(stats)).toEqual([1]);
        expect(accessLog.ending).not.toBe(null);
        expect(Number(accessLog.output_tokens)).toBeLessThan(100_000_001);
      }),
      fuzz,
    );
  });
});

describe("what goes to any length", () => {
  const most = (1 << 20) - 100;
  const nothing = { requestCuts: [], responseCuts: [], ends: true, trailers: false };

  it.each(["[", '{"a":', '[{"a":', '"', "1", " ", "\\"])(
    "%j over and over, in a request",
    (unit) => {
      const request = Buffer.from(`{"model":"gpt-4","x":${unit.repeat(most / unit.length)}`);
      const hostile = { ...nothing, request, response: Buffer.from("{}"), sse: false };
      const { trap, violations, accessLog } = replayed(hostile);
      expect([trap, violations]).toEqual([null, []]);
      expect(accessLog).toMatchObject({ decision: "deny", reason: "invalid_json" });
    },
  );

  it.each(["[", '{"a":', "x", "\n", "data:", "data: {}\n", "\r", ": ", "event: x\n"])(
    "%j over and over, in an answer",
    (unit) => {
      for (const start of ["", 'data: {"model":"', 'data: {"usage":', "event: x\ndata: ["]) {
        const response = Buffer.from(start + unit.repeat((2 * most) / unit.length));
        const request = Buffer.from('{"model":"gpt-4","stream":true}');
        const hostile = {
          ...nothing,
          request,
          response,
          sse: true,
          responseCuts: [1, most, most + 1],
        };
        const { trap, violations, clientResponse } = replayed(hostile);
        expect([trap, violations]).toEqual([null, []]);
        expect(Buffer.compare(clientResponse?.body ?? request, response)).toBe(0);
      }
    },
  );
});

describe("an upgrade that a gateway lets through", () => {
  it.each(["/v1/realtime", "/v1/chat/completions", "/v1/chat/completions/"])("to %s", (path) => {
    const upgrade: Pairs = [["upgrade", "websocket"]];
    for (const [method, requestHeaders] of [
      ["GET", upgrade],
      ["CONNECT", []],
    ] as [string, Pairs][]) {
      const exchange = { module, configuration, method, path, requestHeaders };
      const empty = { request: new Uint8Array(), response: new Uint8Array(), responseHeaders: [] };
      const result = run({ ...exchange, ...empty }, { request: [], response: [] });
      expect(result.accessLog).toMatchObject({ status: 403, reason: "endpoint_not_metered" });
      expect(result.upstreamRequest).toBe(null);
    }
  });
});
