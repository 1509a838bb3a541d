/** How streams end, and what a filter still learns then, on the Node host and on a real Envoy. */
import { describe, expect } from "vitest";
import { leaveAfter, requestSteps } from "./client.ts";
import { answers, apart, every, onProbe, row, saidSince } from "./probe_row.ts";

const lastWords = [
  "log prop response~code",
  "log prop response~flags",
  "log prop response~code_details",
  "log prop upstream~address",
];

describe("on_log", () => {
  row("reads both header maps as they were edited, and writes none", {
    script: [
      "request_headers set 0 x-mine 1",
      "response_headers set 2 x-mine 2",
      "log get 0 x-mine",
      "log get 2 x-mine",
      "log get 0 absent",
      "log get 1 absent",
      "log pairs 1",
      "log pairs 3",
      "log body 0 0 9",
      "log body 1 0 9",
      "log set 0 x-late 1",
      "log set 2 x-late 1",
      "log continue 0",
      "log foreign clear_route_cache _",
      "log prop request~method",
      "log prop response~code",
      "log prop response~flags",
      "log prop xds~cluster_name",
      "log prop xds~route_name",
      "done prop response~code",
      "done prop request~path",
      "done prop request~headers~x-mine",
      "done prop response~headers~x-mine",
      "done prop response~code_details",
      "done prop filter_state~wasm.tokenstile.model",
      "done get 0 x-mine",
      "done pairs 0",
      "delete prop request~path",
      "delete pset tokenstile.model late",
    ],
    request: { body: "aaaa" },
    answer: { chunks: ["bbbb"] },
    said: [
      "set x-mine 0",
      "set x-mine 0",
      "get x-mine = '1'",
      "get x-mine = '2'",
      "get absent = status 1",
      "get absent = status 1",
      "pairs 1 0 0",
      "pairs 3 0 0",
      "body ''",
      "body ''",
      "set x-late 2",
      "set x-late 2",
      "continue 0",
      "foreign ''",
      "prop request~method = 'POST'",
      "prop response~code = i64 200",
      "prop response~flags = i64 0",
      "prop xds~cluster_name = 'one'",
      "prop xds~route_name = 'first'",
      "prop response~code = i64 200",
      "prop request~path = status 1",
      "prop request~headers~x-mine = status 1",
      "prop response~headers~x-mine = status 1",
      "prop response~code_details = 'via_upstream'",
      "prop filter_state~wasm.tokenstile.model = status 1",
      "get x-mine = status 2",
      "pairs 0 0 0",
      "prop request~path = status 1",
      "pset 0",
    ],
  });

  row("may overwrite what the access log shows", {
    script: ["request_headers pset tokenstile.model first", "log pset tokenstile.model last"],
    said: ["pset 0", "pset 0"],
    check: (sent) => expect(sent.log.model).toBe("last"),
  });
});

describe("an ending", () => {
  row("without a route", {
    script: [...lastWords, ...every],
    request: { path: "/none", body: "aaaa" },
    said: [
      "request_headers",
      "response_headers eos",
      "prop response~code = i64 404",
      "prop response~flags = i64 256",
      "prop response~code_details = 'route_not_found'",
      "prop upstream~address = status 1",
      "log 0",
    ],
    check: (sent) => expect(sent.log).toMatchObject({ flags: "NR", status: 404, cluster: null }),
  });

  row("without a cluster", {
    script: every,
    request: { path: "/named", body: "aaaa", headers: [["x-cluster", "nowhere"]] },
    said: ["request_headers", "response_headers eos", "log 0"],
    check: (sent) =>
      expect(sent.log).toMatchObject({ flags: "NC", details: "cluster_not_found", cluster: null }),
  });

  row("with an upstream that cannot be reached", {
    script: every,
    request: { path: "/dead", body: "aaaa" },
    said: [
      "request_headers",
      "request_body 4",
      "request_body 0 eos",
      "response_headers",
      "response_body 98 eos",
      "log 0",
    ],
    check: (sent) => expect(sent.log).toMatchObject({ flags: "UF", status: 503 }),
  });

  row("with the route's time over", {
    script: every,
    request: { path: "/slow", body: "aaaa" },
    answer: { instead: "hang" },
    said: [
      "request_headers",
      "request_body 4",
      "request_body 0 eos",
      "response_headers",
      "response_body 24 eos",
      "log 0",
    ],
    check: (sent) =>
      expect(sent.log).toMatchObject({ flags: "UT", status: 504, details: "response_timeout" }),
  });

  row("with an upstream that closes before its answer", {
    script: answers,
    answer: { instead: "close" },
    said: ["response_headers", "response_body 95 eos", "log 0"],
    check: (sent) => expect(sent.log).toMatchObject({ flags: "UC", status: 503 }),
  });

  row("with a request over the limit", {
    bufferBytesMax: 10_000,
    script: ["request_headers ret 1", "request_body! ret 1", "request_body say", ...answers],
    request: { chunks: apart("x".repeat(6_000), "y".repeat(6_000)) },
    said: [
      "request_body 6000",
      "request_body 12000",
      "response_headers",
      "response_body 17 eos",
      "log 0",
    ],
    check: (sent) =>
      expect(sent.log).toMatchObject({ status: 413, details: "request_payload_too_large" }),
  });

  row("with an answer before the request's end", {
    script: ["request_body! pset tokenstile.model early", ...answers],
    request: { body: "aaaa" },
    answer: { early: true, chunks: ["bbbb"] },
    said: ["pset 0", "response_headers", "response_body 4", "response_body 0 eos", "log 0"],
  });

  onProbe("with a client that leaves amid the answer", async (flow) => {
    const never = new Promise(() => {});
    flow.provider.queue({ chunks: ["aaaa", never] });
    const id = flow.nextId();
    const script = ["response_body say", ...lastWords, "log say"].join("|");
    const headers: [string, string][] = [
      ["x-request-id", id],
      ["x-probe", script],
    ];
    const from = flow.world.logText().length;
    const steps = requestSteps({ path: "/v1", headers, body: "x" });
    await flow.sendRaw([...steps, leaveAfter("aaaa")], { id });
    const address = flow.provider.url.slice("http://".length);
    expect(saidSince(flow, from)).toEqual([
      "response_body 4",
      "prop response~code = i64 200",
      "prop response~flags = i64 16384",
      "prop response~code_details = 'downstream_remote_disconnect'",
      `prop upstream~address = '${address}'`,
      "log 0",
    ]);
  });
});
