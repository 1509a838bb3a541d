/** Endpoints told by their paths: no spelling of one slips past, and none is metered by mistake. */
import { describe, expect } from "vitest";
import { ask, taken, valuesOf } from "./chat_flow.ts";
import { chatAnswer, chatBody, chatSetup, jsonHeaders } from "./chat_setup.ts";
import type { HeaderList } from "./provider.ts";
import { expectDenials, expectRefused } from "./refused.ts";
import { onBothHosts } from "./world_flow.ts";

const endpoints = [
  "/v1/completions",
  "/v1/responses",
  "/v1/embeddings",
  "/v1/messages",
  "/v1/realtime",
  "/v1/audio/speech",
  "/v1/audio/transcriptions",
  "/v1/audio/translations",
  "/v1/images/generations",
  "/v1/images/edits",
  "/v1/moderations",
  "/v1/rerank",
  "/v2/chat",
  "/api/chat",
  "/api/generate",
  "/api/embed",
  "/v1beta/models/gemini-2.0-flash:generateContent",
  "/v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse",
  "/v1beta/models/text-embedding-004:embedContent",
  "/model/anthropic.claude-3/converse",
  "/model/anthropic.claude-3/converse-stream",
  "/model/anthropic.claude-3/invoke",
  "/model/anthropic.claude-3/invoke-with-response-stream",
];

/** Ways to write `/v1/` and the rest of an endpoint, which some upstream reads as that endpoint. */
function spellings(rest: string): string[] {
  const last = rest.at(-1) ?? "";
  const encoded = `%${last.charCodeAt(0).toString(16)}`;
  return [
    `/v1/${rest}/`,
    `/v1/${rest}//`,
    `/v1//${rest}`,
    `//v1/${rest}`,
    `/v1/./${rest}`,
    `/v1/x/../${rest}`,
    `/v1/${rest}/x/..`,
    `/v1/${rest}?x=/else`,
    `/v1/${rest}?`,
    `/V1/${rest.toUpperCase()}`,
    `/v1%2F${rest}`,
    `/v1/${rest.slice(0, -1)}${encoded}`,
    `/v1%252f${rest}`,
    `/v1/%2e%2E/v1/${rest}`,
    `/v1/${rest};x=1`,
    `/v1;a/${rest}`,
    `/v1\\${rest}`,
    `/some/prefix/v1/${rest}`,
  ];
}

const says = /^This endpoint is not metered by this gateway and therefore closed\.$/;
const closed = { status: 403, code: "endpoint_not_metered", type: "permission_error", says };

describe("endpoints that are not metered", () => {
  onBothHosts("are closed", chatSetup(), async (flow) => {
    for (const path of endpoints) {
      await expectRefused(flow, closed, chatBody(), { path: `/plain${path}` });
      await expectRefused(flow, closed, chatBody(), { path, http2: true });
    }
    await expectDenials(flow, { endpoint_not_metered: 2 * endpoints.length });
  });

  onBothHosts("are closed in all spellings", chatSetup(), async (flow) => {
    for (const path of spellings("completions")) {
      await expectRefused(flow, closed, chatBody(), { path: `/plain${path}` });
    }
    await expectRefused(flow, closed, undefined, { path: "/v1/responses" });
    const long = `/plain/${"x".repeat(4100)}/v1/responses`;
    await expectRefused(flow, closed, chatBody(), { path: long });
  });

  const open = chatSetup({ policy: { unmetered: "pass" } });
  onBothHosts("are open where the policy says so", open, async (flow) => {
    for (const path of endpoints.map((endpoint) => `/plain${endpoint}`)) {
      flow.provider.queue(chatAnswer());
      const headers: HeaderList = [...jsonHeaders, ["x-tokenstile-route", "azure"]];
      const { reply, log } = await ask(flow, "{not read", { path, headers });
      expect([reply.status, taken(flow).path, log.decision]).toEqual([200, path, null]);
    }
    expect(await flow.counted()).toEqual({});
  });

  onBothHosts("are closed where readers disagree on the path", chatSetup(), async (flow) => {
    for (const path of [
      "/v1/chat/completions%2f..%2f../completions",
      "/v1//../chat/completions",
      "/v1/chat/completions%3Fx/y",
      "/v1/chat/completions%00/y",
      "/v1;%2f../chat/completions",
      "/openai/deployments/gpt-4/chat/completions",
      "/engines/gpt-4/chat/completions",
    ]) {
      await expectRefused(flow, closed, chatBody(), { path });
    }
  });

  onBothHosts("are closed to odd methods", chatSetup(), async (flow) => {
    for (const method of ["PUT", "PATCH", "PROPFIND"]) {
      for (const path of ["/v1/chat/completions", "/v1/embeddings"]) {
        await expectRefused(flow, closed, chatBody(), { path, method });
      }
    }
  });

  onBothHosts("take no upgrade either", chatSetup(), async (flow) => {
    const upgrade: HeaderList = [["upgrade", "websocket"]];
    const headers: HeaderList = [...upgrade, ["connection", "keep-alive, Upgrade"]];
    const path = "/plain/v1/realtime";
    const { reply, log } = await ask(flow, undefined, { method: "GET", path, headers });
    // The gateway's own word: it lets a filter see upgrades only where they are configured.
    expect([reply.status, log.details]).toEqual([403, "upgrade_failed"]);
    // Without `connection` it is no upgrade, and the header goes no further.
    await expectRefused(flow, closed, chatBody(), { path, headers: upgrade });
    flow.provider.queue(chatAnswer());
    await ask(flow, chatBody(), { headers: upgrade });
    expect(valuesOf(taken(flow).headers, "upgrade")).toEqual([]);
  });
});

describe("the chat endpoint", () => {
  onBothHosts("is metered in all spellings", chatSetup(), async (flow) => {
    for (const path of spellings("chat/completions")) {
      flow.provider.queue(chatAnswer());
      const { log } = await ask(flow, chatBody(), { path });
      expect([taken(flow).path, log.decision]).toEqual([path, "admit"]);
    }
  });

  onBothHosts("is not what only resembles it", chatSetup(), async (flow) => {
    for (const path of [
      "/v1/chat/completions/chatcmpl-1",
      "/v1/chat/completionsx",
      "/v1/chat/completions/..",
      "/v1/chat/completionz?/chat/completions",
      "/v1/chat/",
      "/%",
      "/%2",
      "/v1/chat%2",
    ]) {
      flow.provider.queue({ contentLength: true });
      const { log } = await ask(flow, chatBody(), { path: `/plain${path}` });
      expect([taken(flow).path, log.decision]).toEqual([`/plain${path}`, null]);
    }
  });
});
