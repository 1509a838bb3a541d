/** Several filters in one chain: full stops, shared queues, effective contexts, two VMs. */
import { beforeAll, describe, expect, it } from "vitest";
import type { ReplayResult, ReplayRun } from "../../host/replay.ts";
import { Replayer } from "../../host/replayer.ts";
import type { RootContext } from "../../host/root.ts";
import { Vm } from "../../host/vm.ts";
import { WasmFilter } from "../../host/wasm_filter.ts";
import { buildUnit } from "../../tools/build.ts";

let module = "";
beforeAll(async () => {
  module = await buildUnit("probe");
});

/** Reads the body, and tells the holder when it knows enough. */
const reader = ["request_body$ tell queue two", "request_trailers tell queue two"];
/** Behind the reader: holds everything until the queue wakes it. */
const holder = [
  "configure register queue",
  "request_headers! hold",
  "request_headers! ret 4",
  "queue_ready take 1 release",
  "request_body say",
];
const routes = [
  { match: { prefix: "/", headers: [{ name: "x-model", exact: "two" }] }, cluster: "two" },
  { match: { prefix: "/" }, cluster: "one" },
];
const body = (...texts: string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));

function twin(apart: boolean, options: Partial<ReplayRun>): ReplayResult {
  const replayer = new Replayer({ module, configuration: reader.join("\n") });
  const { vm, loaded } = replayer;
  const { clock, turns, sharedData, sharedQueues, violations } = vm;
  const shared = { clock, turns, sharedData, sharedQueues, violations };
  const other = apart ? new Vm(loaded, { ...shared, onLog: vm.options.onLog }) : vm;
  const configuration = Buffer.from(holder.join("\n"));
  const gate = other.createRoot({ configuration, stopIterationAllowed: false }) as RootContext;
  return replayer.run(
    {
      request: { method: "POST", path: "/", chunks: body("aaaa", "bbbb") },
      respond: () => ({ status: 200, chunks: body("cc") }),
      routes,
      ...options,
    },
    (stream) => [new WasmFilter(stream, replayer.root), new WasmFilter(stream, gate)],
  );
}

describe.each([
  ["in one VM", false],
  ["in two VMs", true],
])("a reader before a holder, %s", (_title, apart) => {
  const requests: [string, Partial<ReplayRun>][] = [
    ["a body in chunks", {}],
    [
      "a body whose last frame ends it",
      { request: { method: "POST", path: "/", chunks: body("aaaabbbb"), endWithLastChunk: true } },
    ],
    [
      "a body with trailers",
      {
        request: {
          method: "POST",
          path: "/",
          chunks: body("aaaa", "bbbb"),
          trailers: [["x-a", "1"]],
        },
      },
    ],
  ];
  it.each(requests)("routes on %s without the knob", (_name, options) => {
    const result = twin(apart, options);
    expect(result.violations).toEqual([]);
    expect(result.upstreamRequest).toMatchObject({ cluster: "two", complete: true });
    expect(String(result.upstreamRequest?.body)).toBe("aaaabbbb");
    expect(result.upstreamRequest?.trailers).toEqual(options.request?.trailers ?? null);
    expect(result.clientResponse).toMatchObject({ status: 200, complete: true });
    const lines = result.logLines.map(({ message }) => message);
    expect(lines).toContain("probe: effective 0");
    // What was queued comes to the holder's own callbacks once it goes on.
    const queued = lines.filter((line) => line.startsWith("probe: request_body"));
    const end = options.request?.trailers ? "" : " eos";
    expect(queued).toEqual([`probe: request_body 8${end}`]);
  });

  it("hangs when nobody wakes the holder, and says so", () => {
    const silent = { method: "POST", path: "/", chunks: body("a"), abortAfterChunk: 1 };
    const result = twin(apart, { request: silent });
    expect(result.upstreamRequest).toBe(null);
    expect(result.accessLog.flags).toBe("DC");
  });
});

describe("a continue without an effective context", () => {
  it("returns Ok and does nothing", () => {
    const script = ["configure continue 0", "configure pset a b", "configure reply 200 a b"];
    const replayer = new Replayer({ module, configuration: script.join("\n") });
    const lines = replayer.logLines.map(({ message }) => message);
    expect(lines).toEqual(["probe: continue 0", "probe: pset 1", "probe: reply 0"]);
  });
});

describe("a callout", () => {
  const script = ["request_headers call known", "http_call_response get 6 :status"];
  const get = { request: { method: "GET", path: "/" }, respond: () => ({ status: 200 }) };
  const lines = (replayer: Replayer): string[] =>
    replayer.run(get).logLines.map(({ message }) => message);

  it("is answered on the root, in a later turn", () => {
    const callout = () => ({
      headers: [[":status", "204"]] as [string, string][],
      body: body("")[0] as Uint8Array,
      trailers: [],
    });
    const replayer = new Replayer({ module, configuration: script.join("\n"), vm: { callout } });
    expect(lines(replayer)).toEqual(["probe: call 0", "probe: get :status = '204'"]);
  });

  it("to an unknown cluster is a bad argument", () => {
    const replayer = new Replayer({ module, configuration: script.join("\n") });
    expect(lines(replayer)).toEqual(["probe: call 2"]);
  });
});
