/** The two hosts under a module that only routes: they must show the same on every ending. */
import { describe, expect } from "vitest";
import { buildUnit } from "../../tools/build.ts";
import { leave, leaveAfter, pause, requestSteps } from "./client.ts";
import type { Flow, FlowSetup } from "./world_flow.ts";
import { onBothHosts } from "./world_flow.ts";
import type { HeaderList } from "./provider.ts";

const header = "x-tokenstile-route";
const counter = "tokenstile_tokens_total;type=input;;model=gpt-4o;";

const probePath = buildUnit("envoy_probe");

/** The probe writes its configuration into the routing header. */
async function probe(configuration: string): Promise<FlowSetup> {
  return {
    wasmPath: await probePath,
    configuration: { route: configuration },
    providers: ["one", "two"],
    clusters: { unreachable: { url: "http://127.0.0.1:1" } },
    routes: [
      { match: { prefix: "/one", headers: [{ name: header, exact: "by-name" }] }, cluster: "one" },
      { match: { prefix: "/slow" }, cluster: "one", timeoutMs: 150 },
      { match: { prefix: "/dead" }, cluster: "unreachable" },
      { match: { prefix: "/v1" }, clusterHeader: header },
    ],
  };
}

const json: HeaderList = [["content-type", "application/json"]];
const sse: HeaderList = [["content-type", "text/event-stream"]];
const event = (n: number): string => `data: {"n":${n}}\n\n`;

function flow(title: string, body: (flow: Flow) => Promise<void>): void {
  onBothHosts(title, () => probe("two"), body);
}

describe("both hosts under the same module", () => {
  flow("a whole request and its answer", async (flow) => {
    const { one, two } = flow.providers;
    two?.queue({ status: 201, headers: json, chunks: ["{", "}"], contentLength: true });
    const headers: HeaderList = [...json, ["X-Twice", "1"], ["x-twice", "2"], [header, "forged"]];
    const sent = await flow.send({ path: "/v1/a?b=c", headers, body: "{ }" });
    expect([sent.ended, sent.replies[0]?.status]).toEqual(["complete", 201]);
    expect(String(sent.replies[0]?.body)).toBe("{}");
    expect(one?.requests).toEqual([]);
    const request = two?.requests[0];
    expect(request?.headers).toContainEqual([header, "two"]);
    expect([request?.path, String(request?.body)]).toEqual(["/v1/a?b=c", "{ }"]);
    expect(sent.log).toMatchObject({ cluster: "two", status: 201, details: "via_upstream" });
    expect(sent.log).toMatchObject({ model: "gpt-4o", route: null, bytesReceived: 3, flags: "-" });
    expect(await flow.counted()).toEqual({ [counter]: 7 });
  });

  flow("a stream of events with trailers both ways", async (flow) => {
    const trailers: HeaderList = [["x-end", "yes"]];
    flow.providers.two?.queue({
      headers: sse,
      chunks: [event(1), event(2)],
      pauseMs: 20,
      trailers,
    });
    const chunks = ["one", pause(20), "two"];
    const sent = await flow.send({ path: "/v1", chunks, trailers: [["x-sum", "6"]] });
    expect(String(sent.replies[0]?.body)).toBe(event(1) + event(2));
    expect(sent.replies[0]?.trailers).toEqual(trailers);
    expect(flow.providers.two?.requests[0]?.trailers).toEqual([["x-sum", "6"]]);
  });

  flow("the same over HTTP2", async (flow) => {
    const trailers: HeaderList = [["x-end", "yes"]];
    flow.providers.two?.queue({
      headers: sse,
      chunks: [event(1), event(2)],
      pauseMs: 20,
      trailers,
    });
    const chunks = ["one", pause(20), "two"];
    const sent = await flow.sendHttp2({ path: "/v1", chunks, trailers: [["x-sum", "6"]] });
    expect(sent.ended).toBe("complete");
    expect(String(sent.replies[0]?.body)).toBe(event(1) + event(2));
    expect(sent.replies[0]?.trailers).toEqual(trailers);
    expect(flow.providers.two?.requests[0]?.trailers).toEqual([["x-sum", "6"]]);
  });

  flow("requests without a body", async (flow) => {
    for (const method of ["GET", "HEAD", "DELETE"]) {
      flow.providers.two?.queue({ headers: json, chunks: ["{}"], contentLength: true });
      expect((await flow.send({ method, path: "/v1" })).ended).toBe("complete");
    }
    flow.providers.two?.queue({ status: 204 });
    expect((await flow.sendHttp2({ method: "GET", path: "/v1" })).replies[0]?.status).toBe(204);
    flow.providers.two?.queue({ headers: json, chunks: ["{}"], gzip: true, contentLength: true });
    expect((await flow.send({ path: "/v1", body: "" })).ended).toBe("complete");
  });

  flow("two requests on one connection", async (flow) => {
    const provider = flow.providers.two;
    for (const chunks of [["a"], ["b"]]) provider?.queue({ chunks, contentLength: true });
    const steps = [1, 2].flatMap(() => {
      const headers: HeaderList = [["x-request-id", flow.nextId()]];
      return requestSteps({ path: "/v1", headers, body: "x" });
    });
    const { replies, surplus } = await flow.sendRaw(steps, { replies: 2 });
    expect(replies.map(({ body }) => String(body))).toEqual(["a", "b"]);
    expect(surplus.length).toBe(0);
  });

  flow("no route", async (flow) => {
    const sent = await flow.send({ path: "/nowhere", body: "x" });
    expect(sent.log).toMatchObject({ status: 404, details: "route_not_found", flags: "NR" });
  });

  flow("an upstream that cannot be reached", async (flow) => {
    const sent = await flow.send({ path: "/dead", body: "x" });
    expect(sent.log).toMatchObject({ status: 503, flags: "UF", cluster: "unreachable" });
  });

  flow("an upstream that closes instead of answering", async (flow) => {
    flow.providers.two?.queue({ instead: "close" });
    const sent = await flow.send({ path: "/v1", body: "x" });
    expect(sent.log).toMatchObject({ status: 503, flags: "UC" });
  });

  flow("an upstream that resets amid its answer", async (flow) => {
    flow.providers.two?.queue({ headers: sse, chunks: [event(1), event(2)], resetAfterChunks: 1 });
    const sent = await flow.send({ path: "/v1", body: "x" });
    expect([sent.replies[0]?.complete, String(sent.replies[0]?.body)]).toEqual([false, event(1)]);
    expect(sent.log.status).toBe(200);
  });

  flow("a route's timeout before the answer", async (flow) => {
    flow.provider.queue({ instead: "hang" });
    const sent = await flow.send({ path: "/slow", body: "x" });
    expect(sent.log).toMatchObject({ status: 504, details: "response_timeout", flags: "UT" });
  });

  flow("a client that leaves amid the answer", async (flow) => {
    const never = new Promise(() => {});
    flow.providers.two?.queue({ headers: sse, chunks: [event(1), never] });
    const id = flow.nextId();
    const steps = requestSteps({ path: "/v1", headers: [["x-request-id", id]], body: "x" });
    await flow.sendRaw([...steps, leaveAfter(event(1))], { id });
    expect(await flow.world.accessLogOf(id)).toMatchObject({ status: 200, flags: "DC" });
  });

  flow("a client that leaves amid its request", async (flow) => {
    const headers: HeaderList = [["x-request-id", flow.nextId()]];
    flow.providers.two?.queue({});
    const sent = await flow.sendHttp2({ path: "/v1", headers, chunks: ["x", pause(50), leave] });
    expect([sent.ended, sent.log.flags]).toEqual(["left", "DR"]);
    expect(flow.providers.two?.requests[0]?.complete).toBe(false);
  });

  onBothHosts(
    "a new configuration",
    () => probe("one"),
    async (flow) => {
      const clusters: (string | null)[] = [];
      const ask = async (): Promise<void> => {
        for (const provider of Object.values(flow.providers)) provider.forget();
        for (const provider of Object.values(flow.providers))
          provider.queue({ contentLength: true });
        clusters.push((await flow.send({ path: "/v1", body: "x" })).log.cluster);
      };
      await ask();
      const refused = await flow.world.reconfigure({ route: "refuse" });
      expect(refused).toEqual({ accepted: false, messages: ["policy.name: refused by the probe"] });
      await ask();
      const accepted = await flow.world.reconfigure({ route: "two" });
      expect(accepted).toEqual({ accepted: true, messages: [] });
      await ask();
      expect(clusters).toEqual(["one", "one", "two"]);
    },
  );
});
