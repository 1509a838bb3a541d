/** The in-memory driver: scripted endings, rules of the host, traps, faults and time. */
import { beforeAll, describe, expect, it } from "vitest";
import { Status } from "../../host/abi.ts";
import { replay, type ReplayResult, type ReplayRun } from "../../host/replay.ts";
import { Replayer } from "../../host/replayer.ts";
import { buildUnit } from "../../tools/build.ts";

let module = "";
beforeAll(async () => {
  module = await buildUnit("probe");
});

const body = (...texts: string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));
const post = { method: "POST", path: "/v1", chunks: body("aaaa") };
const ok = { status: 200, chunks: body("bb", "cc") };

function run(script: string[], options: Partial<ReplayRun> = {}, knob = true): ReplayResult {
  return replay({
    module,
    configuration: { script: script.join("\n") },
    stopIterationAllowed: knob,
    request: post,
    respond: () => ok,
    ...options,
  });
}

const said = (result: ReplayResult): string[] =>
  result.logLines.map(({ message }) => message.replace("probe: ", ""));

describe("a replay", () => {
  it("shows both sides and the callbacks in their order", () => {
    const result = run(["log pset tokenstile.model m"]);
    expect(result.callbacks).toEqual([
      ...["context_create", "request_headers", "request_body", "request_body(eos)"],
      ...["response_headers", "response_body", "response_body", "response_body(eos)"],
      ...["log", "done", "delete"],
    ]);
    expect(result.upstreamRequest).toMatchObject({ method: "POST", path: "/v1", complete: true });
    expect(String(result.upstreamRequest?.body)).toBe("aaaa");
    expect(result.clientResponse).toMatchObject({ status: 200, complete: true });
    expect(String(result.clientResponse?.body)).toBe("bbcc");
    expect(result.properties).toEqual({ "tokenstile.model": "m" });
    expect(result.accessLog).toMatchObject({ status: 200, model: "m", bytesSent: 4 });
    expect([result.violations, result.trap]).toEqual([[], null]);
  });

  it("gives the same again, whatever the runs before have stored", () => {
    const script = ["request_headers shared k", "log share k v 0", "log time"];
    expect(run(script)).toEqual(run(script));
    expect(said(run(script))[0]).toBe("shared status 1 cas 0");
    const counting = ["log metric m 0 1"];
    expect([run(counting).stats, run(counting).stats]).toEqual([{ m: 1 }, { m: 1 }]);
  });

  it("ends an HTTP/2 message in its last frame", () => {
    const request = { ...post, endWithLastChunk: true };
    const { callbacks } = run([], { request, respond: () => ({ ...ok, endWithLastChunk: true }) });
    expect(callbacks.slice(1, 7)).toEqual([
      ...["request_headers", "request_body(eos)", "response_headers"],
      ...["response_body", "response_body(eos)", "log"],
    ]);
  });

  const endings: [string, Partial<ReplayRun>, object, boolean | null][] = [
    [
      "the upstream cannot be reached",
      { respond: () => ({ ...ok, refused: true }) },
      { status: 503, flags: "UF" },
      true,
    ],
    [
      "the upstream resets before its headers",
      { respond: () => ({ ...ok, resetAfterChunk: -1 }) },
      {
        status: 503,
        flags: "UC",
        details: "upstream_reset_before_response_started{connection_termination}",
      },
      true,
    ],
    [
      "the upstream resets amid its body",
      { respond: () => ({ ...ok, resetAfterChunk: 1 }) },
      {
        status: 200,
        flags: "UPE",
        details: "upstream_reset_after_response_started{protocol_error}",
        bytesSent: 2,
      },
      false,
    ],
    [
      "an HTTP/2 upstream resets amid its body",
      { resetReason: "remote reset", respond: () => ({ ...ok, resetAfterChunk: 1 }) },
      { flags: "UR", details: "upstream_reset_after_response_started{remote_reset}" },
      false,
    ],
    [
      "the route's time is over before the headers",
      { respond: () => ({ ...ok, timeoutAfterChunk: -1 }) },
      { status: 504, flags: "UT", details: "response_timeout" },
      true,
    ],
    [
      "the route's time is over amid the body",
      { respond: () => ({ ...ok, timeoutAfterChunk: 1 }) },
      { status: 200, flags: "UT", details: "response_timeout" },
      false,
    ],
    [
      "the client leaves amid the answer",
      { respond: () => ({ ...ok, abortAfterChunk: 1 }) },
      { status: 200, flags: "DC", details: "downstream_remote_disconnect" },
      false,
    ],
    [
      "the client leaves amid its request",
      { request: { ...post, abortAfterChunk: 1 } },
      { status: 0, flags: "DC", bytesReceived: 4 },
      null,
    ],
    [
      "there is no route",
      { routes: [] },
      { status: 404, flags: "NR", details: "route_not_found", cluster: null },
      true,
    ],
    [
      "there is no such cluster",
      { clusters: ["other"] },
      { status: 503, flags: "NC", details: "cluster_not_found", cluster: null },
      true,
    ],
  ];
  it.each(endings)("ends when %s", (_title, options, line, complete) => {
    const result = run([], options);
    expect(result.accessLog).toMatchObject(line);
    expect(result.clientResponse?.complete ?? null).toBe(complete);
    expect(result.callbacks.slice(-3)).toEqual(["log", "done", "delete"]);
    expect(result.violations).toEqual([]);
  });

  it("lets the upstream answer before the request has ended", () => {
    const request = { ...post, chunks: body("a", "b", "c") };
    const result = run(["request_body#1 ret 1"], { request, respondAt: "headers" });
    expect(result.clientResponse?.status).toBe(200);
    expect(result.upstreamRequest?.complete).toBe(false);
  });

  it("moves its clock between chunks and fires ticks", () => {
    const script = ["configure tick 60", "tick time", "response_headers time", "log time"];
    const result = run(script, { respond: () => ({ ...ok, chunkDelayMs: 100 }) });
    const start = 1_767_225_600_000_000_000n;
    expect(said(result)).toEqual([
      ...[0n, 60n, 120n, 180n, 200n].map((ms) => `time ${start + ms * 1_000_000n}`),
    ]);
  });
});

describe("a rule that the module breaks is noted", () => {
  const rules: [string, string[], Partial<ReplayRun>, RegExp[]][] = [
    [
      "a reply in on_log",
      ["log reply 500 late no"],
      {},
      [/send_local_response in on_log: a real Envoy crashes/],
    ],
    ["a reply in on_done", ["done reply 500 late no"], {}, [/in on_done/]],
    ["a close in on_log", ["log close 1"], {}, [/close_stream in on_log/]],
    ["a close in on_delete", ["delete close 0"], {}, [/in on_delete/]],
    [
      "stopped headers at the end of the stream",
      ["request_headers ret 1"],
      { request: { method: "GET", path: "/v1" } },
      [/request_headers returned 1 with the end of the stream/, /hangs: the request/],
    ],
    [
      "a body that is never released",
      ["request_headers ret 1", "request_body ret 1"],
      {},
      [/hangs: the request/],
    ],
    ["a response that is never released", ["response_body ret 3"], {}, [/hangs: the response/]],
    [
      "a watermark over the limit",
      ["request_headers ret 1", "request_body! ret 2"],
      { request: { ...post, chunks: body("a".repeat(8), "b".repeat(8)) }, bufferBytesMax: 10 },
      [/hangs: the request/],
    ],
    [
      "a stale request length",
      ["request_headers ret 1", "request_body! ret 1", "request_body$ put 0 0 99 longer+body"],
      { request: { ...post, headers: [["content-length", "4"]] } },
      [/request body of 11 bytes under content-length 4: smuggling/],
    ],
    [
      "a stale response length",
      ["response_body#1 put 1 0 99 longer"],
      { respond: () => ({ ...ok, headers: [["content-length", "4"]] }) },
      [/response body of 8 bytes under content-length 4/],
    ],
    [
      "a line break in a response header",
      ["response_headers set 2 x-a b^r^nset-cookie:c"],
      {},
      [/header injection/],
    ],
    [
      "a continue from inside",
      ["request_headers continue 0"],
      {},
      [/from inside its own callback/],
    ],
  ];
  it.each(rules)("%s", (_title, script, options, expected) => {
    const { violations, callbacks } = run(script, options);
    expect(violations.length).toBe(expected.length);
    violations.forEach((text, index) => expect(text).toMatch(expected[index] as RegExp));
    expect(callbacks.slice(-3)).toEqual(["log", "done", "delete"]);
  });

  it("held headers where the host takes them for a full stop", () => {
    const { violations, callbacks } = run(["request_headers ret 1"], {}, false);
    expect(violations[0]).toMatch(/returned 1 where the host reads it as 4/);
    expect(callbacks).not.toContain("request_body");
  });

  it("a line break in a request header is refused by the router", () => {
    const result = run(["request_headers set 0 x-a b^r^nc:d"]);
    expect(result.accessLog).toMatchObject({ status: 503, details: "invalid_header_value" });
    expect(result.upstreamRequest).toBe(null);
  });
});

describe("a trap", () => {
  const events = [
    ...["request_headers", "request_body", "request_trailers"],
    ...["response_headers", "response_body", "response_trailers", "log", "done", "delete"],
  ];
  it.each(events)("in %s is seen, and the stream fails closed", (event) => {
    const request = { ...post, trailers: [["x-a", "1"]] as [string, string][] };
    const trailers: [string, string][] = [["x-b", "1"]];
    const result = run([`${event} trap`], { request, respond: () => ({ ...ok, trailers }) });
    expect(result.trap).toMatch(`proxy_on_${event}: unreachable`);
    expect(result.violations).toHaveLength(1);
    const late = ["log", "done", "delete"].includes(event);
    const started = event === "response_body" || event === "response_trailers";
    expect(result.clientResponse?.status).toBe(late || started ? 200 : 503);
    expect(result.clientResponse?.complete).toBe(!started);
    expect(result.accessLog.details).toBe(late ? "via_upstream" : "wasm_fail_stream");
  });

  it("fails every later stream of the VM; a new replay has a new VM", () => {
    const configuration = { script: "request_body trap" };
    const replayer = new Replayer({ module, configuration });
    const get = { request: { method: "GET", path: "/" }, respond: () => ok };
    expect(replayer.run(get).accessLog.status).toBe(200);
    replayer.run({ ...get, request: post });
    const after = replayer.run(get);
    expect(after.accessLog).toMatchObject({ status: 503, details: "wasm_fail_stream" });
    expect(after.callbacks).toEqual([]);
    expect(replay({ ...get, module, configuration }).accessLog.status).toBe(200);
  });
});

describe("a fault", () => {
  it("makes the n-th use of a host call fail", () => {
    const script = ["request_headers pset a 1", "request_body pset a 2", "log pset a 3"];
    const replayer = new Replayer({ module, configuration: script.join("\n") });
    replayer.faults.fail("proxy_set_property", 2, Status.InternalFailure);
    const statuses = said(replayer.run({ request: post, respond: () => ok }));
    expect(statuses).toEqual(["pset 0", "pset 10", "pset 0", "pset 0"]);
  });

  it("may last", () => {
    const script = ["request_headers share k v 0", "log share k v 0"];
    const replayer = new Replayer({ module, configuration: script.join("\n") });
    replayer.faults.fail("proxy_set_shared_data", 1, Status.CasMismatch, true);
    const statuses = said(replayer.run({ request: post, respond: () => ok }));
    expect(statuses).toEqual(["share 8", "share 8"]);
  });
});
