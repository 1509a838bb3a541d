/** The scripted provider and the clients themselves, one against the other. */
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { leave, leaveAfter, pause, requestSteps, sendHttp2, sendRaw } from "./client.ts";
import { parseReplies } from "./http1_replies.ts";
import { type Provider, startProvider } from "./provider.ts";

let provider: Provider | null = null;

afterEach(async () => {
  await provider?.close();
  provider = null;
});

async function start(options: { http2?: boolean } = {}): Promise<Provider> {
  provider = await startProvider(options);
  return provider;
}

const withId = (id: string): [string, string][] => [["X-Request-Id", id]];

describe("a scripted provider over HTTP/1.1", () => {
  it("keeps a request as it came, and answers by its id", async () => {
    const { port, script, requestOf } = bound(await start());
    script("a", { status: 418, headers: [["x-a", "1"]], chunks: ["tea", "pot"] });
    const chunks = ["ab", pause(30), "cd"];
    const trailers: [string, string][] = [["X-Sum", "4"]];
    const steps = requestSteps({ path: "/v1?x", headers: withId("a"), chunks, trailers });
    const { ended, replies, surplus } = await sendRaw(port, steps);
    expect([ended, surplus.length]).toEqual(["complete", 0]);
    expect(replies[0]?.status).toBe(418);
    expect(replies[0]?.headers).toContainEqual(["x-a", "1"]);
    expect(replies[0]?.chunks.map(String)).toEqual(["tea", "pot"]);
    const request = await requestOf("a");
    expect(request.method + request.path).toBe("POST/v1?x");
    expect(request.headers[1]).toEqual(["X-Request-Id", "a"]);
    expect(request.chunks.map(({ bytes }) => String(bytes))).toEqual(["ab", "cd"]);
    expect(request.trailers).toEqual(trailers);
    expect(request.complete).toBe(true);
  });

  it("answers in the order of the queue, and 500 when nothing was scripted", async () => {
    const { port, queue } = bound(await start());
    queue({ chunks: ["one"], contentLength: true });
    queue({ chunks: ["two"], contentLength: true });
    const steps = requestSteps({ method: "GET" });
    const exchange = await sendRaw(port, [...steps, ...steps, ...steps], { replies: 3 });
    const bodies = exchange.replies.map(({ status, body }) => `${status} ${String(body)}`);
    expect(bodies).toEqual(["200 one", "200 two", "500 no answer was scripted"]);
  });

  it("sends trailers, compresses, and answers early", async () => {
    const { port, queue, requests } = bound(await start());
    queue({ chunks: ["x"], trailers: [["x-end", "yes"]] });
    queue({ chunks: ["y".repeat(100)], gzip: true, contentLength: true });
    queue({ chunks: ["z"], early: true, contentLength: true });
    const plain = await sendRaw(port, requestSteps({ body: "1" }));
    expect(plain.replies[0]?.trailers).toEqual([["x-end", "yes"]]);
    const packed = await sendRaw(port, requestSteps({ body: "1" }));
    expect(packed.replies[0]?.headers).toContainEqual(["content-encoding", "gzip"]);
    expect(String(gunzipSync(packed.replies[0]?.body ?? ""))).toBe("y".repeat(100));
    const [head = ""] = requestSteps({ chunks: [] });
    const early = await sendRaw(port, [head]);
    expect([early.ended, String(early.replies[0]?.body)]).toEqual(["complete", "z"]);
    expect(requests.at(-1)?.complete).toBe(false);
  });

  it("resets after some chunks, hangs, and closes without an answer", async () => {
    const { port, queue, requestOf } = bound(await start());
    queue({ chunks: ["one", "two", "three"], resetAfterChunks: 2 });
    const reset = await sendRaw(port, requestSteps({ body: "" }));
    expect([reset.ended, reset.replies[0]?.complete]).toEqual(["reset", false]);
    expect(reset.replies[0]?.chunks.map(String)).toEqual(["one", "two"]);
    queue({ instead: "close" });
    const closed = await sendRaw(port, requestSteps({ body: "" }));
    expect([closed.ended, closed.replies]).toEqual(["closed", []]);
    queue({ instead: "hang" });
    const hung = [...requestSteps({ headers: withId("h"), body: "" }), pause(30), leave];
    expect((await sendRaw(port, hung)).ended).toBe("left");
    expect((await requestOf("h")).complete).toBe(true);
  });

  it("shows a client that leaves", async () => {
    const { port, script, requestOf } = bound(await start());
    const gone = new Promise(() => {});
    script("a", { chunks: ["one", gone] });
    const steps = [...requestSteps({ headers: withId("a"), body: "" }), leaveAfter("one")];
    expect((await sendRaw(port, steps)).ended).toBe("left");
    const [head = ""] = requestSteps({ headers: withId("b"), chunks: [] });
    await sendRaw(port, [head, pause(30), leave]);
    expect((await requestOf("b")).complete).toBe(false);
  });

  it("keeps what is no HTTP", async () => {
    const { port, malformed } = bound(await start());
    await sendRaw(port, ["garbage\r\n\r\n"]);
    expect(malformed).toEqual(["garbage\r\n\r\n"]);
  });
});

describe("a scripted provider over HTTP/2", () => {
  it("keeps a request as it came, and answers with trailers", async () => {
    const { port, script, requestOf } = bound(await start({ http2: true }));
    script("a", { chunks: ["tea", "pot"], trailers: [["x-end", "yes"]] });
    const headers: [string, string][] = [["x-request-id", "a"]];
    const trailers: [string, string][] = [["x-sum", "4"]];
    const { ended, replies } = await sendHttp2(port, { headers, chunks: ["ab", "cd"], trailers });
    expect([ended, replies[0]?.status, String(replies[0]?.body)]).toEqual([
      ...["complete", 200, "teapot"],
    ]);
    expect(replies[0]?.trailers).toEqual([["x-end", "yes"]]);
    const request = await requestOf("a");
    expect([String(request.body), request.complete]).toEqual(["abcd", true]);
    expect(request.trailers).toEqual(trailers);
  });

  it("resets a stream, and sees one reset", async () => {
    const { port, queue, requestOf } = bound(await start({ http2: true }));
    queue({ chunks: ["one", "two"], resetAfterChunks: 1 });
    const reset = await sendHttp2(port, { method: "GET" });
    expect([reset.ended, reset.replies[0]?.complete, String(reset.wire)]).toEqual([
      ...["reset", false, "one"],
    ]);
    const headers: [string, string][] = [["x-request-id", "b"]];
    const left = await sendHttp2(port, { headers, chunks: ["x", pause(30), leave] });
    expect(left.ended).toBe("left");
    expect((await requestOf("b")).complete).toBe(false);
  });
});

describe("reading replies", () => {
  const expected = { wanted: 1, head: false, ended: false };
  const parse = (text: string): ReturnType<typeof parseReplies> =>
    parseReplies(Buffer.from(text, "latin1"), expected);

  it("is the same at every cut", () => {
    const text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" +
      "3\r\nabc\r\n2\r\nde\r\n0\r\nx-end: 1\r\n\r\nmore";
    const whole = parse(text);
    expect([whole.interim, String(whole.surplus)]).toEqual([[100], "more"]);
    expect(whole.replies[0]?.chunks.map(String)).toEqual(["abc", "de"]);
    expect(whole.replies[0]?.trailers).toEqual([["x-end", "1"]]);
    const end = text.length - "more".length;
    for (let cut = 0; cut < end; cut++) {
      const { replies, surplus } = parse(text.slice(0, cut));
      expect([replies[0]?.complete ?? false, surplus.length]).toEqual([false, 0]);
    }
    expect(parse(text.slice(0, end)).replies[0]?.complete).toBe(true);
  });

  it.each([
    ["HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", "two framings"],
    ["HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n", "two framings"],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", "chunk size"],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc", "without its end"],
    ["HTTP/1.1 200 OK\r\nbad header: 1\r\n\r\n", "no header line"],
    ["200 OK\r\n\r\n", "no status line"],
  ])("refuses %j", (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });
});

/** The provider with its methods bound, so that a test may take what it needs of it. */
function bound(from: Provider): Provider {
  return new Proxy(from, {
    get: (target, name: keyof Provider) => {
      const value = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
