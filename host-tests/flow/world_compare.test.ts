/** What the comparison of two hosts sees, and what it leaves out. */
import { describe, expect, it } from "vitest";
import type { AccessLogLine } from "../../host/access_log.ts";
import type { Exchange } from "./client.ts";
import type { Received } from "./provider.ts";
import { comparable, type Outcome } from "./world_compare.ts";

const xa: [string, string] = ["x-a", "1"];

function request(more: Partial<Received> = {}): Received {
  return {
    ...{ id: "a", httpVersion: "1.1", method: "POST", path: "/v1", trailers: [] },
    ...{ headers: [["X-A", "1"]], chunks: [], body: Buffer.from("ask") },
    ...{ complete: true, ended: true },
    ...more,
  };
}

function exchange(more: Partial<Exchange["replies"][number]> = {}): Exchange {
  const reply = {
    ...{ status: 200, reason: "OK", headers: [["X-B", "2"]] as [string, string][] },
    ...{ body: Buffer.from("tell"), chunks: [], trailers: [], complete: true },
    ...more,
  };
  return { ended: "complete", replies: [reply], interim: [], ...buffers() };
}

const buffers = (): { wire: Buffer; surplus: Buffer } => ({
  ...{ wire: Buffer.alloc(0), surplus: Buffer.alloc(0) },
});

function outcome(more: Partial<Outcome> = {}): Outcome {
  return {
    upstream: { one: { requests: [request()], malformed: [] } },
    client: [exchange()],
    log: [{ id: "a", status: 200 } as AccessLogLine],
    stats: { tokens: 1 },
    ...more,
  };
}

const sent = (received: Received): Partial<Outcome> => ({
  upstream: { one: { requests: [received], malformed: [] } },
});

describe("comparing two runs", () => {
  it.each<[string, Partial<Outcome>]>([
    ["a request that was not sent", { upstream: { one: { requests: [], malformed: [] } } }],
    ["another cluster", { upstream: { two: { requests: [request()], malformed: [] } } }],
    ["smuggled bytes", { upstream: { one: { requests: [request()], malformed: ["x"] } } }],
    ["the path", sent(request({ path: "/v2" }))],
    ["a header sent", sent(request({ headers: [["x-a", "2"]] }))],
    ["a header sent twice", sent(request({ headers: [xa, xa] }))],
    ["one byte of a body sent", sent(request({ body: Buffer.from("asK") }))],
    ["a trailer sent", sent(request({ trailers: [["x-t", "1"]] }))],
    ["a request that was cut", sent(request({ complete: false }))],
    ["the status", { client: [exchange({ status: 201 })] }],
    ["a header received", { client: [exchange({ headers: [["x-b", ""]] })] }],
    ["one byte of a body received", { client: [exchange({ body: Buffer.from("tel") })] }],
    ["a trailer received", { client: [exchange({ trailers: [["x-t", "1"]] })] }],
    ["a reply that was cut", { client: [exchange({ complete: false })] }],
    ["how it ended", { client: [{ ...exchange(), ended: "reset" }] }],
    ["bytes after the reply", { client: [{ ...exchange(), surplus: Buffer.from("x") }] }],
    ["an interim reply", { client: [{ ...exchange(), interim: [100] }] }],
    ["a reply more", { client: [exchange(), exchange()] }],
    ["the log", { log: [{ id: "a", status: 201 } as AccessLogLine] }],
    ["a counter", { stats: { tokens: 2 } }],
  ])("sees %s", (_what, difference) => {
    expect(comparable(outcome(difference))).not.toEqual(comparable(outcome()));
  });

  it("leaves out the spelling and order of names, the chunks, and what hosts add", () => {
    const headers: [string, string][] = [
      ["x-a", "1"],
      ["Date", "now"],
      ["x-envoy-x", "1"],
    ];
    const received: [string, string][] = [
      ["server", "envoy"],
      ["x-b", "2"],
      ["connection", "x"],
    ];
    const chunks = [{ bytes: Buffer.from("ask"), atMs: 5 }];
    const other = outcome({
      ...sent(request({ headers, chunks })),
      client: [exchange({ headers: received, chunks: [Buffer.from("te"), Buffer.from("ll")] })],
    });
    expect(comparable(other)).toEqual(comparable(outcome()));
  });
});
