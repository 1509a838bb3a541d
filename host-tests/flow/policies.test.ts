/** What a policy can say about counting, about unknown models, and about who pays. */
import { createHash } from "node:crypto";
import { describe, expect } from "vitest";
import { promptTokens, tokensOf } from "./account.ts";
import { ask, taken, valuesOf } from "./chat_flow.ts";
import { chatAnswer, chatBody, chatPolicy, chatSetup, doneEvent } from "./chat_setup.ts";
import { jsonHeaders, sseHeaders, textEvent, usageEvent } from "./chat_setup.ts";
import type { HeaderList } from "./provider.ts";
import { expectRefused } from "./refused.ts";
import { onBothHosts } from "./world_flow.ts";

const content = "Tokens are counted, or guessed, or left alone.";
const said = "This is a test.";
const framing = 6;
const guessed = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

const { encoding: _, ...unencoded } = chatPolicy.models["gpt-4o"];
const unknownEncoding = { "gpt-4o": unencoded, "gpt-4": chatPolicy.models["gpt-4"] };

/**
 * What is counted under each policy: of the prompt, and of an answer that says nothing of usage.
 */
const counting: Record<string, { policy: object; prompt: number; own: number; quality: string }> = {
  exact: {
    policy: { count: "exact" },
    ...{ prompt: promptTokens(content), own: tokensOf(said), quality: "formula" },
  },
  estimated: {
    policy: { count: "estimate" },
    ...{ prompt: framing + guessed(`user${content}`), own: guessed(said), quality: "estimate" },
  },
  "estimated for want of an encoding": {
    policy: { models: unknownEncoding },
    ...{ prompt: framing + guessed(`user${content}`), own: guessed(said), quality: "estimate" },
  },
  off: { policy: { count: "off" }, prompt: 0, own: 0, quality: "estimate" },
};

describe("what is counted", () => {
  for (const [how, { policy, prompt, own, quality }] of Object.entries(counting)) {
    onBothHosts(`is ${how}`, chatSetup({ policy }), async (flow) => {
      const told = prompt === 0 ? [] : [String(prompt)];
      flow.provider.queue(chatAnswer());
      const { log } = await ask(flow, chatBody({ content }));
      expect(valuesOf(taken(flow).headers, "x-tokenstile-prompt-tokens")).toEqual(told);
      expect(log).toMatchObject({ prompt_tokens: String(prompt), input_tokens: "12" });
      expect(log).toMatchObject({ output_tokens: "5", quality: "exact" });
      flow.provider.queue(chatAnswer({ usage: undefined }));
      const silent = await ask(flow, chatBody({ content }));
      expect(silent.log).toMatchObject({ input_tokens: String(prompt), quality });
      expect(silent.log).toMatchObject({ output_tokens: String(own) });
      const chunks = [textEvent("This is"), textEvent(" a test."), doneEvent];
      flow.provider.queue({ headers: sseHeaders, chunks });
      const streamed = await ask(flow, chatBody({ content, stream: true }));
      expect(streamed.log).toMatchObject({ output_tokens: String(own), quality });
    });
  }

  const edge = { models: { "gpt-4o": { ...unencoded, contextWindow: 1 } } };
  onBothHosts("refuses nobody when it is a guess", chatSetup({ policy: edge }), async (flow) => {
    flow.provider.queue(chatAnswer());
    expect((await ask(flow, chatBody({ content }))).reply.status).toBe(200);
  });
});

describe("an unknown model", () => {
  const path = "/plain/v1/chat/completions";
  const defaultPrice = { input: "1", output: "2" };
  const passing = chatSetup({ policy: { unknownModel: "pass", defaultPrice } });

  onBothHosts("may pass, at the default price", passing, async (flow) => {
    flow.provider.queue(chatAnswer());
    const body = chatBody({ model: 'other \u00e9"' });
    const { log, text } = await ask(flow, body, { path });
    const upstream = taken(flow);
    expect(String(upstream.body)).toBe(body);
    expect(valuesOf(upstream.headers, "x-gateway-model-name")).toEqual([]);
    expect(JSON.parse(text).model).toBe("gpt-4o-2024-08-06");
    expect(log).toMatchObject({ requested_model: 'other \u00e9"', model: null, route: null });
    expect(log).toMatchObject({ total_tokens: "17", cost_nano_usd: "22000", quality: "exact" });
  });

  onBothHosts("is estimated where nobody tells", passing, async (flow) => {
    const events = textEvent("This is") + textEvent(" a test.") + doneEvent;
    for (const chunks of [[events], [events.replace(doneEvent, usageEvent + doneEvent)]]) {
      flow.provider.queue({ headers: sseHeaders, chunks });
      const { log, text } = await ask(flow, chatBody({ model: "x", stream: true }), { path });
      const { stream_options: options } = JSON.parse(String(taken(flow).body));
      expect([text, options]).toEqual([events, { include_usage: true }]);
      const known = chunks[0] !== events;
      const output = String(known ? 5 : guessed(said));
      expect(log).toMatchObject({ output_tokens: output, quality: known ? "exact" : "estimate" });
    }
  });

  onBothHosts("has no route of ours", passing, async (flow) => {
    const { log } = await ask(flow, chatBody({ model: "other" }));
    expect(log).toMatchObject({ status: 404, ending: "not_routed", total_tokens: "0" });
  });
});

const key = "sk-canary-0123456789";
const known = { [createHash("sha256").update(key).digest("hex")]: "acme" };

describe("who pays", () => {
  const tenant = { header: "x-tenant", trusted: true };
  const byHeader = chatSetup({ policy: { identity: [tenant] } });

  onBothHosts("is in a header that is trusted", byHeader, async (flow) => {
    const cases: [identity: string, headers: HeaderList][] = [
      ["acme", [["x-tenant", "acme"]]],
      ["acme", [["X-Tenant", "acme"]]],
      ["anonymous", [["x-tenant", ""]]],
      ["anonymous", []],
      [
        "anonymous",
        [
          ["x-tenant", "a"],
          ["x-tenant", "b"],
        ],
      ],
      ["anonymous", [["x-tenant", "a".repeat(257)]]],
      ["a".repeat(256), [["x-tenant", "a".repeat(256)]]],
      ["a;b=c", [["x-tenant", "a;b=c"]]],
    ];
    for (const [identity, headers] of cases) {
      flow.provider.queue(chatAnswer());
      const { log } = await ask(flow, chatBody(), { headers: [...jsonHeaders, ...headers] });
      expect(log.identity).toBe(identity);
      for (const [name, value] of headers) {
        expect(valuesOf(taken(flow).headers, name.toLowerCase())).toContain(value);
        break;
      }
      flow.provider.forget();
    }
    const names = Object.keys(await flow.counted());
    expect(names.filter((name) => name.includes("identity=a;b"))).toEqual([]);
    expect(names.filter((name) => name.includes("identity=a_b=c;"))).not.toEqual([]);
  });

  const apiKey = { apiKey: "authorization", known };
  const byKey = chatSetup({ policy: { identity: [apiKey, tenant], anonymous: "deny" } });

  onBothHosts("is known by the hash of a key", byKey, async (flow) => {
    const spellings = [`Bearer ${key}`, `bearer  ${key}`, `BEARER ${key}`, key];
    for (const authorization of spellings) {
      flow.provider.queue(chatAnswer());
      const headers: HeaderList = [
        ["authorization", authorization],
        ["x-tenant", "other"],
      ];
      const { log } = await ask(flow, chatBody(), { headers });
      expect(log.identity).toBe("acme");
      expect(valuesOf(taken(flow).headers, "authorization")).toEqual([authorization]);
    }
    flow.provider.queue(chatAnswer());
    const next: HeaderList = [
      ["authorization", "Bearer unknown"],
      ["x-tenant", "other"],
    ];
    expect((await ask(flow, chatBody(), { headers: next })).log.identity).toBe("other");
    const seen = [JSON.stringify(await flow.world.accessLog()), flow.world.logText()];
    seen.push(JSON.stringify(await flow.world.stats()));
    expect(seen.join("\n")).not.toContain("canary");
  });

  onBothHosts("must be known where nobody pays for strangers", byKey, async (flow) => {
    const refusal = {
      ...{ status: 401, code: "invalid_api_key", type: "authentication_error" },
      says: /^No known identity came with this request/,
    };
    const headers: HeaderList[] = [
      [],
      [["authorization", ""]],
      [["authorization", "Bearer "]],
      [["authorization", `Bearer ${key}x`]],
      [["authorization", `Basic ${key}`]],
      [
        ["authorization", `Bearer ${key}`],
        ["authorization", "Bearer other"],
      ],
      [["authorization", `Bearer ${Object.keys(known)[0]}`]],
    ];
    for (const list of headers) await expectRefused(flow, refusal, chatBody(), { headers: list });
    await expectRefused(flow, refusal, chatBody(), { http2: true });
  });

  const house = chatSetup({ policy: { identity: [apiKey], anonymous: "the-house" } });
  onBothHosts("is the house for strangers, if it says so", house, async (flow) => {
    flow.provider.queue(chatAnswer());
    expect((await ask(flow, chatBody())).log.identity).toBe("the-house");
  });
});
