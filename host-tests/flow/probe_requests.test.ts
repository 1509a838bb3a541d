/**
 * What a filter sees and may do with a request, callback by callback, on the Node host and on a
 * real Envoy.
 */
import { describe, expect } from "vitest";
import { apart, bodies, every, row } from "./probe_row.ts";

describe("the body of a request", () => {
  const chunks = apart("aaaa", "bbbb", "cccc", "dddd");

  row("is whole after result 1 and a chunk after result 0", {
    script: ["request_headers ret 1", "request_body#1 ret 1", "request_body#2 ret 1", ...bodies],
    request: { chunks },
    said: [
      "request_headers",
      "request_body 4",
      "request_body 8",
      "request_body 12",
      "request_body 4",
      "request_body 0 eos",
    ],
    check: (sent, flow) => {
      expect(sent.replies[0]?.status).toBe(200);
      expect(String(flow.provider.requests[0]?.body)).toBe("aaaabbbbccccdddd");
    },
  });

  row("comes in chunks after result 2 and nothing is lost", {
    script: ["request_headers ret 1", "request_body! ret 2", ...bodies],
    request: { chunks },
    said: [
      "request_headers",
      "request_body 4",
      "request_body 4",
      "request_body 4",
      "request_body 4",
      "request_body 0 eos",
    ],
    check: (_sent, flow) =>
      expect(String(flow.provider.requests[0]?.body)).toBe("aaaabbbbccccdddd"),
  });

  row("loses what result 3 was given for", {
    script: ["request_headers ret 1", "request_body#2 ret 3", "request_body#1 ret 1", ...bodies],
    request: { chunks },
    said: [
      "request_headers",
      "request_body 4",
      "request_body 8",
      "request_body 4",
      "request_body 4",
      "request_body 0 eos",
    ],
    check: (sent) => expect(sent.replies[0]?.status).toBe(200),
  });

  row("can be read from any place", {
    script: [
      "request_headers ret 1",
      "request_headers body 0 0 10",
      "request_body! ret 1",
      "request_body#4 body 0 4 100",
      "request_body#4 body 0 100 4",
      "request_body#4 body 0 2 3",
      "request_body#4 body 1 0 3",
      "request_body#4 body 4 0 3",
      "request_body#4 body 9 0 3",
      "request_body$ body 0 0 999",
    ],
    request: { chunks },
    said: [
      "body ''",
      "body 'bbbbccccdddd'",
      "body ''",
      "body 'aab'",
      "body ''",
      "body status 1",
      "body status 2",
      "body 'aaaabbbbccccdddd'",
    ],
  });

  row("can be replaced, put before and added to, not changed inside", {
    script: [
      "request_headers ret 1",
      "request_body! ret 1",
      "request_body#4 put 0 0 0 <",
      "request_body#4 put 0 99 0 >",
      "request_body#4 put 0 3 1 no",
      "request_body$ body 0 0 99",
      "request_body$ put 0 0 99 whole",
    ],
    request: { chunks },
    said: ["put 0", "put 0", "put 2", "body '<aaaabbbbccccdddd>'", "put 0"],
    check: (_sent, flow) => expect(String(flow.provider.requests[0]?.body)).toBe("whole"),
  });

  row("ends in the trailers when there are some", {
    script: [
      "request_headers ret 1",
      "request_body ret 1",
      "request_trailers set 0 x-to two",
      "request_trailers body 0 0 999",
      "request_trailers put 0 0 999 spliced",
      "request_trailers get 1 x-sum",
      "request_trailers set 1 x-more 1",
      ...bodies,
    ],
    request: { chunks: apart("aaaa"), trailers: [["x-sum", "6"]] },
    said: [
      "request_headers",
      "request_body 4",
      "set x-to 0",
      "body 'aaaa'",
      "put 0",
      "get x-sum = '6'",
      "set x-more 0",
      "request_trailers 1",
    ],
    check: (_sent, { providers: { two } }) => {
      expect(String(two?.requests[0]?.body)).toBe("spliced");
      expect(two?.requests[0]?.trailers).toEqual([
        ["x-sum", "6"],
        ["x-more", "1"],
      ]);
    },
  });

  row("cannot be added to from trailers once it has gone", {
    script: ["request_body$ put 0 0 0 x", "request_trailers put 0 0 0 y"],
    request: { chunks: apart("aaaa"), trailers: [["x-sum", "6"]] },
    said: ["put 2"],
  });

  row("takes more at its end, in the empty callback", {
    script: ["request_body$ put 0 0 0 more"],
    request: { chunks: apart("aaaa") },
    said: ["put 0"],
    check: (_sent, flow) => expect(String(flow.provider.requests[0]?.body)).toBe("aaaamore"),
  });

  row("of no bytes has no body callback", {
    script: every,
    request: { body: "" },
    said: ["request_headers eos", "response_headers", "response_body 0 eos", "log 0"],
  });
});

describe("headers of a request", () => {
  row("held until the body has come choose the route", {
    script: [
      "request_headers! ret 1",
      "request_body! ret 1",
      "request_body$ set 0 x-to two",
      "request_body$ prop xds~route_name",
      "response_headers prop xds~route_name",
      "log prop xds~cluster_name",
    ],
    request: { body: "aaaa" },
    said: [
      "set x-to 0",
      "prop xds~route_name = 'first'",
      "prop xds~route_name = 'held'",
      "prop xds~cluster_name = 'two'",
    ],
    check: (sent, { providers }) => {
      expect(sent.log).toMatchObject({ cluster: "two", status: 200 });
      expect(providers.two?.requests.length).toBe(1);
    },
  });

  row("sent on can be neither read nor edited any more", {
    script: [
      "request_body$ get 0 :path",
      "request_body$ set 0 x-to two",
      "request_body$ del 0 x-to",
      "request_body$ pairs 0",
      "request_body$ pset tokenstile.model m",
      "request_body$ foreign clear_route_cache _",
      "request_headers get 2 :status",
      "response_headers get 0 :path",
    ],
    request: { body: "aaaa" },
    said: [
      "get :status = status 2",
      "get :path = status 2",
      "set x-to 2",
      "del x-to 2",
      "pairs 0 0 0",
      "pset 0",
      "foreign ''",
      "get :path = status 2",
    ],
    check: (sent) => expect(sent.log).toMatchObject({ cluster: "one", model: "m" }),
  });

  row("released amid the body take edits that are never sent", {
    script: [
      "request_headers ret 1",
      "request_body#1 ret 1",
      "request_body#2 set 0 x-to two",
      "request_body#3 set 0 x-late 1",
      "request_body#3 get 0 :path",
      "request_body$ set 0 x-late 1",
      "request_body$ body 0 0 9",
      "response_headers get 0 :path",
    ],
    request: { chunks: apart("aaaa", "bbbb", "cccc") },
    said: [
      "set x-to 0",
      "set x-late 0",
      "get :path = '/v1'",
      "set x-late 0",
      "body ''",
      "get :path = '/v1'",
    ],
    check: (sent, { providers: { two } }) => {
      expect(sent.log.cluster).toBe("two");
      expect(two?.requests[0]?.headers.map(([name]) => name)).not.toContain("x-late");
    },
  });

  row("are found by any case, the first of repeated ones, host as authority", {
    script: [
      "request_headers get 0 X-Twice",
      "request_headers get 0 host",
      "request_headers get 0 :authority",
      "request_headers get 0 nothing",
      "request_headers get 9 x-twice",
      "request_headers add 0 x-twice 3",
      "request_headers get 0 x-twice",
      "request_headers set 0 x-twice 4",
      "request_headers get 0 transfer-encoding",
      "request_headers get 0 connection",
    ],
    request: {
      chunks: ["a"],
      headers: [
        ["x-Twice", "1"],
        ["X-twice", "2"],
      ],
    },
    said: [
      "get X-Twice = '1'",
      "get host = 'gateway'",
      "get :authority = 'gateway'",
      "get nothing = status 1",
      "get x-twice = status 2",
      "add x-twice 0",
      "get x-twice = '1'",
      "set x-twice 0",
      "get transfer-encoding = status 1",
      "get connection = status 1",
    ],
    check: (_sent, flow) =>
      expect(flow.provider.requests[0]?.headers).toContainEqual(["x-twice", "4"]),
  });

  row("can give a request without a route one", {
    script: ["request_headers set 0 :path /v1/found", "request_headers prop xds~route_name"],
    request: { path: "/none", body: "a" },
    said: ["set :path 0", "prop xds~route_name = status 1"],
    check: (sent) => expect(sent.log).toMatchObject({ cluster: "one", path: "/v1/found" }),
  });
});
