/** What a filter sees and may do with a response, on the Node host and on a real Envoy. */
import { describe, expect } from "vitest";
import { pause } from "./client.ts";
import { answers, apart, every, row } from "./probe_row.ts";

describe("the body of a response", () => {
  row("is whole after result 1", {
    script: [
      "response_headers ret 1",
      "response_body! ret 1",
      "response_body$ put 1 0 99 whole",
      ...answers,
    ],
    answer: { chunks: ["aaaa", "bbbb", "cccc"], pauseMs: 30 },
    said: [
      "response_headers",
      "response_body 4",
      "response_body 8",
      "response_body 12",
      "put 0",
      "response_body 12 eos",
      "log 0",
    ],
    check: (sent) => expect(String(sent.replies[0]?.body)).toBe("whole"),
  });

  row("streams by, chunk by chunk, and may be edited", {
    script: ["response_body#2 put 1 0 99 _", "response_body$ put 1 0 0 end", ...answers],
    answer: { chunks: ["aaaa", "bbbb", "cccc"], pauseMs: 30 },
    said: [
      "response_headers",
      "response_body 4",
      "put 0",
      "response_body 4",
      "response_body 4",
      "put 0",
      "response_body 0 eos",
      "log 0",
    ],
    check: (sent) => expect(String(sent.replies[0]?.body)).toBe("aaaaccccend"),
  });

  row("released midway leaves headers that take edits which are never sent", {
    script: [
      "response_headers ret 1",
      "response_body#1 ret 1",
      "response_body#2 set 2 x-in-time 1",
      "response_body#3 set 2 x-late 1",
      "log get 2 x-late",
    ],
    answer: { chunks: ["aaaa", "bbbb", "cccc"], pauseMs: 30 },
    said: ["set x-in-time 0", "set x-late 0", "get x-late = '1'"],
    check: (sent) => {
      const names = sent.replies[0]?.headers.map(([name]) => name);
      expect(names).toContain("x-in-time");
      expect(names).not.toContain("x-late");
    },
  });

  row("with trailers never shows its end", {
    script: ["response_trailers get 3 x-end", "response_trailers set 3 x-end 7", ...answers],
    answer: { chunks: ["aaaa"], trailers: [["x-end", "6"]] },
    said: [
      "response_headers",
      "response_body 4",
      "get x-end = '6'",
      "set x-end 0",
      "response_trailers 1",
      "log 0",
    ],
    check: (sent) => expect(sent.replies[0]?.trailers).toEqual([["x-end", "7"]]),
  });

  row("of no bytes and known length ends with the headers", {
    script: answers,
    answer: { status: 200, chunks: [], contentLength: true },
    said: ["response_headers eos", "log 0"],
  });

  row("to a HEAD request ends with the headers", {
    script: answers,
    request: { method: "HEAD" },
    answer: { chunks: ["aaaa"], contentLength: true },
    said: ["response_headers eos", "log 0"],
  });

  row("over the limit while its headers are held becomes a 500", {
    script: ["response_headers ret 1", "response_body ret 1"],
    answer: { chunks: ["x".repeat(700_000), "y".repeat(700_000)], pauseMs: 30 },
    said: [],
    check: (sent) => {
      expect(sent.replies[0]?.status).toBe(500);
      expect(sent.log.details).toBe("response_payload_too_large");
    },
  });
});

describe("a local reply", () => {
  row("to request headers passes the filter's own response callbacks", {
    script: [
      "request_headers reply 429 too+many slow down",
      "request_headers reply 400 second+one no",
      "response_headers get 2 x-reply",
      "response_headers get 2 content-type",
      "response_headers prop response~code_details",
      "response_headers set 2 x-own 1",
      "response_body body 1 0 99",
      "log prop response~code_details",
      "log prop response~code",
      ...every,
    ],
    request: { chunks: apart("aaaa", "bbbb") },
    said: [
      "reply 0",
      "reply 0",
      "request_headers",
      "get x-reply = 'probe'",
      "get content-type = 'text/plain'",
      "prop response~code_details = 'second_one'",
      "set x-own 0",
      "response_headers",
      "body 'slow down'",
      "response_body 9 eos",
      "prop response~code_details = 'second_one'",
      "prop response~code = i64 429",
      "log 0",
    ],
    check: (sent, flow) => {
      expect(sent.log).toMatchObject({ status: 429, details: "second_one", flags: "-" });
      expect(sent.replies[0]?.headers).toContainEqual(["x-own", "1"]);
      expect(String(sent.replies[0]?.body)).toBe("slow down");
      expect(flow.provider.requests).toEqual([]);
    },
  });

  row("from the callbacks of an own reply replaces it and passes none", {
    script: [
      "request_headers reply 429 first one",
      "response_headers reply 400 second two",
      ...every,
    ],
    said: ["reply 0", "request_headers eos", "reply 0", "response_headers", "log 0"],
    check: (sent) => {
      expect(String(sent.replies[0]?.body)).toBe("two");
      expect(sent.log).toMatchObject({ status: 400, details: "second" });
    },
  });

  row("without a body ends with its headers", {
    script: ["request_headers reply 403 no _", ...every],
    said: ["reply 0", "request_headers eos", "response_headers eos", "log 0"],
    check: (sent) => expect(sent.replies[0]?.status).toBe(403),
  });

  row("to a held request body", {
    script: [
      "request_headers ret 1",
      "request_body! ret 1",
      "request_body$ reply 400 bad no",
      ...every,
    ],
    request: { chunks: apart("aaaa") },
    said: [
      "request_headers",
      "request_body 4",
      "reply 0",
      "request_body 4 eos",
      "response_headers",
      "response_body 2 eos",
      "log 0",
    ],
    check: (sent, flow) => {
      expect(sent.log).toMatchObject({ status: 400, details: "bad" });
      expect(flow.provider.requests).toEqual([]);
    },
  });

  row("to a request body that went on cuts the upstream's request", {
    script: ["request_body#2 reply 400 bad no"],
    request: { chunks: apart("aaaa", "bbbb", "cccc") },
    said: ["reply 0"],
    check: (sent, flow) => {
      expect(sent.replies[0]?.status).toBe(400);
      expect(flow.provider.requests[0]?.complete).toBe(false);
    },
  });

  row("to request trailers", {
    script: ["request_headers ret 1", "request_body ret 1", "request_trailers reply 400 bad no"],
    request: { chunks: apart("aaaa"), trailers: [["x-a", "1"]] },
    said: ["reply 0"],
    check: (sent) => expect(sent.replies[0]?.status).toBe(400),
  });

  row("to response headers replaces the answer and passes no callback", {
    script: ["response_headers reply 502 worse no", ...answers],
    answer: { chunks: ["aaaa"] },
    said: ["reply 0", "response_headers", "log 0"],
    check: (sent) => {
      expect(String(sent.replies[0]?.body)).toBe("no");
      expect(sent.log).toMatchObject({ status: 502, details: "worse" });
    },
  });

  row("to a held response body replaces the answer", {
    script: ["response_headers ret 1", "response_body reply 502 worse no", ...answers],
    answer: { chunks: ["aaaa"] },
    said: ["response_headers", "reply 0", "response_body 4", "log 0"],
    check: (sent) => expect(sent.log).toMatchObject({ status: 502, details: "worse" }),
  });

  row("after the response headers went cuts the answer short", {
    script: ["response_body#2 reply 502 cut no", ...answers],
    answer: { chunks: ["aaaa", "bbbb", "cccc"], pauseMs: 40 },
    said: ["response_headers", "response_body 4", "reply 0", "response_body 4", "log 0"],
    check: (sent) => {
      expect(sent.replies[0]).toMatchObject({ status: 200, complete: false });
      expect(String(sent.replies[0]?.body)).toBe("aaaa");
      expect(sent.log).toMatchObject({ status: 200, details: "cut" });
    },
  });
});

describe("closing a stream", () => {
  row("cuts the answer and keeps the upstream's details", {
    script: ["response_body#2 close 1", ...answers],
    answer: { chunks: ["aaaa", "bbbb", "cccc"], pauseMs: 40 },
    said: ["response_headers", "response_body 4", "close 0", "response_body 4", "log 0"],
    check: (sent) => {
      expect(String(sent.replies[0]?.body)).toBe("aaaa");
      expect(sent.replies[0]?.complete).toBe(false);
      expect(sent.log).toMatchObject({ status: 200, details: "via_upstream", flags: "-" });
    },
  });

  row("of another type does nothing", {
    script: ["response_headers close 2", "response_headers close 3"],
    answer: { chunks: ["aaaa"] },
    said: ["close 0", "close 0"],
    check: (sent) => expect(sent.replies[0]?.complete).toBe(true),
  });

  row("before the answer drops the connection", {
    script: ["request_body$ close 0", ...answers],
    request: { chunks: ["aaaa", pause(30)] },
    said: ["close 0", "log 0"],
    check: (sent) => expect(sent.replies.length).toBe(0),
  });
});
