/** A client that writes the headers which only the filter may set: an upstream never sees those. */
import { describe, expect } from "vitest";
import { ask, taken, valuesOf } from "./chat_flow.ts";
import { chatAnswer, chatBody, chatSetup, jsonHeaders } from "./chat_setup.ts";
import type { Request } from "./client.ts";
import type { HeaderList, Received } from "./provider.ts";
import { onBothHosts } from "./world_flow.ts";

const owned = [
  "x-gateway-model-name",
  "x-gateway-base-model-name",
  "x-tokenstile-route",
  "x-tokenstile-prompt-tokens",
];

/** Ways to write all of them; each value would do harm: a route, a model, a small bill. */
const forgeries: Record<string, HeaderList> = {
  once: owned.map((name) => [name, "openai"]),
  "in odd case": owned.map((name) => [name.toUpperCase(), "openai"]),
  repeated: owned.flatMap((name) => [
    ...([
      [name, "openai"],
      [name, "azure"],
      [name, ""],
    ] as HeaderList),
  ]),
  "in several cases": owned.flatMap((name) => [
    ...([
      [name, "openai"],
      [name.replace("x-", "X-"), "azure"],
    ] as HeaderList),
  ]),
  "with underscores": owned.map((name) => [name.replaceAll("-", "_"), "openai"]),
  empty: owned.map((name) => [name, ""]),
};

const underscored = owned.map((name) => name.replaceAll("-", "_"));

/** What the upstream may see of a request that this filter does not meter: nothing of ours. */
function expectNone(received: Received): void {
  const { headers, trailers } = received;
  for (const name of [...owned, ...underscored]) {
    expect(valuesOf([...headers, ...trailers], name)).toEqual([]);
  }
}

describe("forged headers", () => {
  for (const [how, forged] of Object.entries(forgeries)) {
    onBothHosts(`${how}, on an admitted request`, chatSetup(), async (flow) => {
      for (const http2 of [false, true]) {
        flow.providers.azure?.queue(chatAnswer());
        const headers = [...forged, ...jsonHeaders];
        const lower: HeaderList = headers.map(([name, value]) => [name.toLowerCase(), value]);
        await ask(flow, chatBody({ model: "gpt-4" }), { headers: http2 ? lower : headers, http2 });
        const upstream = taken(flow, "azure");
        expect(owned.map((name) => valuesOf(upstream.headers, name))).toEqual([
          ...[["gpt-4"], ["gpt-4"], ["azure"], ["12"]],
        ]);
      }
      expect(flow.providers.openai?.requests).toEqual([]);
    });

    onBothHosts(`${how}, on requests that are not metered`, chatSetup(), async (flow) => {
      const requests: Request[] = [
        { method: "GET" },
        { method: "GET", path: "/plain/v1/chat/completions" },
        { method: "DELETE" },
        { method: "POST", body: chatBody() },
        { method: "POST", body: '{"model":"gpt-4' },
        { method: "POST", chunks: ["not json"], trailers: [["x-sum", "1"]] },
        { method: "PUT", body: chatBody() },
      ];
      for (const request of requests) {
        flow.provider.queue({ contentLength: true });
        await flow.send({ path: "/plain/else", ...request, headers: [...jsonHeaders, ...forged] });
        expectNone(taken(flow));
      }
    });
  }

  onBothHosts("in trailers get no further", chatSetup(), async (flow) => {
    for (const http2 of [false, true]) {
      flow.providers.azure?.queue(chatAnswer());
      const trailers = [["x-sum", "1"], ...(forgeries.once ?? [])] as HeaderList;
      const chunks = [chatBody({ model: "gpt-4" })];
      await ask(flow, undefined, { chunks, trailers, http2 });
      expect(taken(flow, "azure").trailers).toEqual([["x-sum", "1"]]);
      flow.provider.queue({ contentLength: true });
      await ask(flow, undefined, { path: "/plain/else", chunks: ["x"], trailers, http2 });
      expectNone(taken(flow));
    }
  });

  onBothHosts("choose no route", chatSetup(), async (flow) => {
    for (const name of ["openai", "azure"]) {
      const headers: HeaderList = [["x-tokenstile-route", name]];
      const { reply, log } = await ask(flow, undefined, { method: "GET", path: "/else", headers });
      expect(reply.status).toBe(404);
      expect(log).toMatchObject({ details: "route_not_found", cluster: null });
    }
    expect(Object.values(flow.providers).flatMap(({ requests }) => requests)).toEqual([]);
  });

  const small = chatSetup({ attach: { bodyBytesMax: 2048 } });
  onBothHosts("on a refused request lead nowhere", small, async (flow) => {
    const forged = forgeries.repeated ?? [];
    const path = "/plain/v1/chat/completions";
    const refused: [status: number, request: Request & { http2?: boolean }][] = [
      [400, { body: '{"model":"gpt-4o"' }],
      [400, { body: '{"messages":[]}' }],
      [400, { body: '{"model":""}' }],
      [400, { body: "" }],
      [400, {}],
      [404, { body: '{"model":"openai"}' }],
      [413, { body: `{"model":"gpt-4o","pad":"${"x".repeat(3000)}"}` }],
      [415, { body: chatBody(), headers: [["content-encoding", "gzip"]] }],
      [403, { body: chatBody(), path: "/plain/v1/responses" }],
      [400, { http2: true, body: '{"model":"gpt-4o"' }],
      [404, { http2: true, body: '{"model":"openai"}', headers: [["content-type", "text/plain"]] }],
    ];
    for (const [status, request] of refused) {
      const headers = [...(request.headers ?? []), ...forged];
      const { reply, log } = await ask(flow, undefined, { path, ...request, headers });
      expect([reply.status, log.decision]).toEqual([status, "deny"]);
    }
    expect(Object.values(flow.providers).flatMap(({ requests }) => requests)).toEqual([]);
  });

  const passing = { unknownModel: "pass", unpriced: "allow" };
  onBothHosts(
    "with a passed unknown model are none",
    chatSetup({ policy: passing }),
    async (flow) => {
      flow.provider.queue(chatAnswer());
      const path = "/plain/v1/chat/completions";
      await ask(flow, chatBody({ model: "other" }), { path, headers: forgeries.repeated });
      const upstream = taken(flow);
      const seen = owned.map((name) => valuesOf(upstream.headers, name));
      expect(seen).toEqual([[], [], [], ["12"]]);
    },
  );

  onBothHosts(
    "with nothing counted are none",
    chatSetup({ policy: { count: "off" } }),
    async (flow) => {
      flow.provider.queue(chatAnswer());
      await ask(flow, chatBody(), { headers: forgeries.repeated });
      const upstream = taken(flow);
      const seen = owned.map((name) => valuesOf(upstream.headers, name));
      expect(seen).toEqual([["gpt-4o"], ["gpt-4o"], ["openai"], []]);
    },
  );

  onBothHosts("of others are left alone", chatSetup(), async (flow) => {
    const others: HeaderList = [
      ["x-gateway-model-names", "a"],
      ["x-gateway-destination-endpoint", "10.0.0.1:80"],
      ["x-tokenstile", "b"],
      ["gateway-model-name", "c"],
    ];
    flow.provider.queue(chatAnswer());
    await ask(flow, chatBody(), { headers: [...jsonHeaders, ...others] });
    const upstream = taken(flow);
    for (const header of others) expect(upstream.headers).toContainEqual(header);
  });
});
