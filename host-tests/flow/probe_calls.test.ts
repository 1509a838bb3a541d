/** Properties, metrics and shared data, on the Node host and on a real Envoy. */
import { describe, expect } from "vitest";
import { row } from "./probe_row.ts";

describe("a property", () => {
  row("of the request", {
    script: [
      "request_headers prop request~path",
      "request_headers prop request~url_path",
      "request_headers prop request~query",
      "request_headers prop request~host",
      "request_headers prop request~method",
      "request_headers prop request~scheme",
      "request_headers prop request~protocol",
      "request_headers prop request~useragent",
      "request_headers prop request~referer",
      "request_headers prop request~headers~x-twice",
      "request_headers prop request~headers~absent",
      "request_headers prop request~size",
      "request_headers prop request~nothing",
      "request_headers prop nothing",
      "request_headers prop request",
      "request_headers prop filter_state",
      "request_headers prop response~code",
      "request_headers prop response~code_details",
      "request_headers prop upstream~address",
      "request_headers prop plugin_root_id",
      "request_headers prop connection~mtls",
      "log prop request~size",
      "log prop response~size",
      "log prop upstream~request_attempt_count",
    ],
    request: {
      path: "/v1/a?b=c&d",
      body: "aaaa",
      headers: [
        ["user-agent", "probe/1"],
        ["x-twice", "1"],
        ["x-twice", "2"],
      ],
    },
    answer: { chunks: ["bbb"] },
    said: [
      "prop request~path = '/v1/a?b=c&d'",
      "prop request~url_path = '/v1/a'",
      "prop request~query = 'b=c&d'",
      "prop request~host = 'gateway'",
      "prop request~method = 'POST'",
      "prop request~scheme = 'http'",
      "prop request~protocol = 'HTTP/1.1'",
      "prop request~useragent = 'probe/1'",
      "prop request~referer = status 1",
      "prop request~headers~x-twice = '1,2'",
      "prop request~headers~absent = status 1",
      "prop request~size = i64 4",
      "prop request~nothing = status 1",
      "prop nothing = status 1",
      "prop request = status 3",
      "prop filter_state = status 3",
      "prop response~code = status 1",
      "prop response~code_details = status 1",
      "prop upstream~address = status 1",
      "prop plugin_root_id = 'tokenstile'",
      "prop connection~mtls = '\u0000'",
      "prop request~size = i64 4",
      "prop response~size = i64 3",
      "prop upstream~request_attempt_count = i64 1",
    ],
  });

  row("that was set can be read back, by either name", {
    script: [
      "request_headers pset tokenstile.model m",
      "request_headers prop tokenstile.model",
      "response_headers prop filter_state~wasm.tokenstile.model",
      "response_headers pset tokenstile.model _",
      "response_headers prop tokenstile.model",
      "response_headers pset two~tokens x",
      "response_headers prop two~tokens",
      "configure pset tokenstile.model m",
    ],
    said: [
      "pset 0",
      "prop tokenstile.model = 'm'",
      "prop filter_state~wasm.tokenstile.model = 'm'",
      "pset 0",
      "prop tokenstile.model = ''",
      "pset 0",
      "prop two~tokens = status 1",
    ],
    check: (sent) => expect(sent.log.model).toBe(""),
  });
});

describe("metrics and shared data", () => {
  row("count, set and cannot be wrong", {
    script: [
      "request_headers metric probe_counter 0 3",
      "request_headers metric probe_counter 0 0",
      "request_headers metric probe_counter 0 -1",
      "request_headers metric probe_counter 0 =2",
      "request_headers metric probe_gauge 1 5",
      "request_headers metric probe_gauge 1 -2",
      "request_headers metric probe_gauge 1 =9",
    ],
    said: [
      "metric 4 0 0 3",
      "metric 8 2 0 3",
      "metric 12 2 0 3",
      "metric 16 0 0 5",
      "metric 5 0 0 5",
      "metric 9 0 0 3",
      "metric 13 0 0 9",
    ],
  });

  row("agree on who was first", {
    script: [
      "request_headers shared probe.key",
      "request_headers share probe.key a 7",
      "request_headers share probe.key b 0",
      "request_headers share probe.key c 99999",
      "request_headers share probe.empty _ 0",
      "request_headers say",
      "response_headers shared probe.empty",
    ],
    said: [
      "shared status 1 cas 0",
      "share 0",
      "share 0",
      "share 8",
      "share 0",
      "request_headers eos",
      "shared '' cas 3",
    ],
  });
});

describe("what a module gets wrong", () => {
  row("is a status", {
    script: [
      "request_headers wild",
      "request_headers effective 9999",
      "request_headers foreign nope _",
    ],
    said: ["wild 6", "effective 2", "foreign status 1"],
  });
});
