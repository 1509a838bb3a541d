/** Ways around the meter, and around the model that was read: each is closed on both hosts. */
import { describe, expect } from "vitest";
import { chatAnswer, chatBody, chatSetup, jsonHeaders, routeHeader } from "./chat_setup.ts";
import { ask, taken } from "./chat_flow.ts";
import { expectDenials, expectRefused } from "./refused.ts";
import { onBothHosts } from "./world_flow.ts";

const unmetered = {
  status: 403,
  code: "endpoint_not_metered",
  type: "permission_error",
  says: /not metered/,
};

describe("a model that the body does not name", () => {
  onBothHosts("comes in the path", chatSetup(), async (flow) => {
    for (const prefix of ["/openai/deployments/gpt-4", "/engines/gpt-4", "/v1/engines/gpt-4"]) {
      await expectRefused(flow, unmetered, chatBody(), { path: `${prefix}/chat/completions` });
    }
    await expectDenials(flow, { endpoint_not_metered: 3 });
  });

  onBothHosts("comes in a member that some servers prefer", chatSetup(), async (flow) => {
    const refusal = { status: 400, code: "other_models", says: /choose another model/ };
    for (const member of [{ models: ["gpt-4"] }, { fallbacks: [{ model: "gpt-4" }] }]) {
      await expectRefused(flow, refusal, chatBody(member));
    }
  });

  onBothHosts("comes under a name that some readers mend", chatSetup(), async (flow) => {
    const alike = { status: 400, code: "look_alike_member", says: /only in case/ };
    await expectRefused(flow, alike, '{"messages":[],"model":"gpt-4o","model\\u0000":"gpt-4"}');
    const bytes = Buffer.from('{"messages":[],"model":"gpt-4o","mod\xffel":"gpt-4"}', "latin1");
    await expectRefused(flow, alike, bytes);
  });

  onBothHosts("shows in another charset only", chatSetup(), async (flow) => {
    const charset = { status: 415, code: "unsupported_charset", says: /charset/ };
    const body = '{"model":"gpt-4o","messages":[],"+AG0-odel":"gpt-4"}';
    for (const type of ["application/json; charset=utf-7", 'application/json;CHARSET="utf-16"']) {
      await expectRefused(flow, charset, body, { headers: [["content-type", type]] });
    }
    flow.provider.queue(chatAnswer());
    const utf8 = "application/json; charset=UTF-8";
    const { reply } = await ask(flow, chatBody(), { headers: [["content-type", utf8]] });
    expect(reply.status).toBe(200);
  });
});

describe("an endpoint that is not read", () => {
  onBothHosts("is closed wherever it is mounted", chatSetup(), async (flow) => {
    const paths = ["/responses", "/completions", "/invocations", "/generate", "/v1/batches"];
    for (const path of [...paths, "/openai/deployments/x/embeddings", "/v1/messages/batches"]) {
      await expectRefused(flow, unmetered, chatBody(), { path });
    }
  });

  onBothHosts("is closed to odd methods, too", chatSetup(), async (flow) => {
    for (const method of ["PUT", "PATCH"]) {
      await expectRefused(flow, unmetered, chatBody(), { method });
    }
  });
});

describe("a forged header", () => {
  onBothHosts("does not survive in another spelling", chatSetup(), async (flow) => {
    flow.provider.queue(chatAnswer());
    const headers: [string, string][] = [
      ...jsonHeaders,
      ["x_tokenstile_route", "azure"],
      ["X-Tokenstile_Route", "azure"],
      ["x_gateway-model-name", "gpt-4"],
    ];
    await ask(flow, chatBody(), { headers });
    const names = taken(flow).headers.map(([name]) => name.toLowerCase());
    expect(names.filter((name) => name.includes("_"))).toEqual([]);
    expect(names.filter((name) => name === routeHeader)).toHaveLength(1);
  });

  onBothHosts("does not survive in trailers", chatSetup(), async (flow) => {
    flow.provider.queue(chatAnswer());
    const trailers: [string, string][] = [
      ["x-tokenstile-route", "azure"],
      ["X_Tokenstile-Route", "azure"],
      ["x-checksum", "1"],
    ];
    await ask(flow, undefined, { chunks: [chatBody()], trailers });
    expect(taken(flow).trailers).toEqual([["x-checksum", "1"]]);
  });
});
