import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { ConfigModule, type Mistake } from "./config_module.ts";
import { policyCases } from "./config_policies.ts";
import { keyHash, sampleAttach, samplePolicy, smallPolicy, withModel } from "./config_samples.ts";

let module: ConfigModule;

beforeAll(async () => {
  module = await ConfigModule.load();
});

const hold = { body: "hold" };

function parsed(policy: unknown, attach: unknown = hold) {
  expect(module.mistakes({ policy, attach })).toEqual([]);
  return module.described()!;
}

describe("a wrong policy is refused with every mistake", () => {
  it.each(policyCases("bad"))("$title", ({ policy, mistakes }) => {
    expect(mistakes).not.toEqual([]);
    expect(module.mistakes({ policy, attach: hold })).toEqual(mistakes);
    expect(module.described()).toBeNull();
  });
});

describe("an array that is too long", () => {
  it("is refused as a whole", () => {
    const targets = Array.from({ length: 65 }, (_, at) => ({ route: `r${at}` }));
    expect(module.mistakes({ policy: withModel({ targets }), attach: hold })).toEqual([
      ["policy.models.m.targets", "must not hold more than 64"],
    ]);
    const models = { m: { targets: targets.slice(1) } };
    expect(module.mistakes({ policy: smallPolicy({ models }), attach: hold })).toEqual([]);
  });
});

describe("a right policy", () => {
  it.each(policyCases("good"))("$title", ({ policy }) => {
    expect(module.mistakes({ policy, attach: hold })).toEqual([]);
  });

  it("is read in full", () => {
    const config = parsed(samplePolicy(), sampleAttach());
    expect(config).toEqual({
      name: "acme-llm",
      onFailureAllows: false,
      count: 0,
      memo: 0,
      identities: [
        { kind: 0, header: "x-tenant", property: "", keys: 0 },
        {
          kind: 1,
          header: "",
          property: "metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0payload\0sub",
          keys: 0,
        },
        { kind: 2, header: "", property: "connection\0uri_san_peer_certificate", keys: 0 },
        { kind: 3, header: "authorization", property: "", keys: 1 },
      ],
      anonymous: null,
      models: [
        {
          name: "gpt-4o",
          encoding: 1,
          framing: "openai",
          images: "gpt-4o",
          contextWindow: 128000,
          price: [2.5e9, 1.25e9, 3.125e9, 10e9],
          spread: 1,
          spreadHeader: "",
          weightTotal: 10,
          targets: [
            ["openai", "gpt-4o", false, 9, true],
            ["azure-eu", "gpt-4o-prod", true, 1, false],
          ],
        },
        {
          name: "llama-3.3-70b",
          encoding: 0,
          framing: "openai",
          images: "gpt-4o",
          contextWindow: 0,
          price: [0.5e9, 0.5e9, 0.5e9, 1.5e9],
          spread: 2,
          spreadHeader: "x-session",
          weightTotal: 1,
          targets: [[null, "llama-3.3-70b", false, 1, true]],
        },
      ],
      unpricedAllowed: false,
      unknownModelPasses: true,
      defaultPrice: [0.5e9, 0.5e9, 0.5e9, 1.5e9],
      includeUsage: true,
      unmeteredPasses: false,
      attach: { body: 1, bodyBytesMax: 65536, explain: true },
    });
  });

  it("takes a model's framing and images by its encoding and its name", () => {
    const usual: [name: string, encoding: string, framing: string, images: string][] = [
      ["gpt-4o", "o200k_base", "openai", "gpt-4o"],
      ["gpt-4o-mini-2024-07-18", "o200k_base", "openai", "gpt-4o-mini"],
      ["openai/gpt-4.1-nano", "o200k_base", "openai", "gpt-4.1-nano"],
      ["gpt-4", "cl100k_base", "openai", "gpt-4o"],
      ["gpt-5-chat-latest", "o200k_base", "openai", "gpt-5"],
      ["gpt-5-mini", "o200k_base", "openai-reasoning", "gpt-5-mini"],
      ["azure/o3", "o200k_base", "openai-reasoning", "o1"],
      ["o4-mini", "o200k_base", "openai-reasoning", "o4-mini"],
      ["gpt-oss-120b", "o200k_harmony", "harmony", "gpt-4o"],
      ["Qwen/Qwen3-VL-8B", "cl100k_base", "openai", "qwen-vl"],
      ["google/gemma-3-27b-it", "cl100k_base", "openai", "gemma3"],
    ];
    for (const [model, encoding, framing, images] of usual) {
      const policy = { ...smallPolicy(), models: { [model]: { encoding } } };
      expect(parsed(policy, {}).models[0]).toMatchObject({ framing, images });
    }
  });

  it("takes a model's framing and images as the policy has them", () => {
    const model = { encoding: "o200k_base", framing: "llama3.1", images: 1601 };
    const policy = { ...smallPolicy(), models: { "gpt-5": model } };
    expect(parsed(policy, {}).models[0]).toMatchObject({ framing: "llama3.1", images: 1601 });
    const other = { ...smallPolicy(), models: { m: { framing: "none", images: "o4-mini" } } };
    expect(parsed(other, {}).models[0]).toMatchObject({ framing: "none", images: "o4-mini" });
  });

  it("has careful defaults", () => {
    const config = parsed(smallPolicy(), {});
    expect(config).toMatchObject({
      onFailureAllows: false,
      count: 0,
      memo: 0,
      identities: [],
      anonymous: "anonymous",
      unknownModelPasses: false,
      defaultPrice: null,
      includeUsage: true,
      unmeteredPasses: false,
      attach: { body: 0, bodyBytesMax: 1048576, explain: false },
    });
    expect(config.models[0]).toMatchObject({
      encoding: 0,
      contextWindow: 0,
      price: null,
      spread: 0,
      weightTotal: 1,
      targets: [[null, "m", false, 1, true]],
    });
    expect(module.mistakes({ policy: smallPolicy() })).toEqual([]);
    expect(module.described()).toEqual(config);
  });

  it("hands a switch down until something nearer says otherwise", () => {
    const targets = [{ route: "a" }, { route: "b", includeUsage: true }];
    const models = { off: { targets }, on: { includeUsage: true }, inherits: {} };
    const config = parsed(smallPolicy({ includeUsage: false, models }));
    const usage = config.models.map((model) => model.targets.map((target) => target[4]));
    expect(usage).toEqual([[false, true], [true], [false]]);
  });

  it("takes the other branch of every choice", () => {
    const policy = smallPolicy({
      onFailure: "allow",
      count: "off",
      memo: "off",
      anonymous: "guest",
      unknownModel: "pass",
      includeUsage: false,
      unmetered: "pass",
    });
    expect(parsed(policy)).toMatchObject({
      onFailureAllows: true,
      count: 2,
      memo: 2,
      anonymous: "guest",
      unpricedAllowed: true,
      unknownModelPasses: true,
      includeUsage: false,
      unmeteredPasses: true,
    });
    expect(parsed(smallPolicy({ count: "estimate" })).count).toBe(1);
    expect(parsed(smallPolicy({ memo: "shared" })).memo).toBe(1);
  });

  it("reads headers in lower case, as hosts keep them", () => {
    const identity = [{ header: "X-Tenant", trusted: true }];
    const config = parsed(withModel({ spread: { header: "X-Session" } }, { identity }));
    expect(config.identities[0]!.header).toBe("x-tenant");
    expect(config.models[0]!.spreadHeader).toBe("x-session");
  });

  it("knows all fields of a certificate", () => {
    const fields = ["uriSan", "dnsSan", "subject", "sha256"];
    const identity = fields.map((clientCertificate) => ({ clientCertificate }));
    const properties = parsed(smallPolicy({ identity })).identities.map((each) => each.property);
    expect(properties).toEqual([
      "connection\0uri_san_peer_certificate",
      "connection\0dns_san_peer_certificate",
      "connection\0subject_peer_certificate",
      "connection\0sha256_peer_certificate_digest",
    ]);
  });

  it("does not mean anything by the order of its keys", () => {
    const inOrder = parsed(samplePolicy(), sampleAttach());
    const sorted = parsed(sortedKeys(samplePolicy()), sortedKeys(sampleAttach()));
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    sorted.models.sort(byName);
    inOrder.models.sort(byName);
    expect(sorted).toEqual(inOrder);
  });
});

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, each]) => [key, sortedKeys(each)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe("names", () => {
  it("are found by model and by alias, byte for byte", () => {
    parsed(samplePolicy());
    expect(module.findModel("gpt-4o")).toBe(0);
    expect(module.findModel("chat-default")).toBe(0);
    expect(module.findModel("openai/gpt-4o")).toBe(0);
    expect(module.findModel("llama-3.3-70b")).toBe(1);
    for (const other of ["", "gpt-4", "gpt-4o ", "GPT-4o", "gpt-4o\0", "openai", "nothing"]) {
      expect(module.findModel(other), other).toBe(-1);
    }
  });

  it("are found among thousands", () => {
    const names = Array.from({ length: 3000 }, (_, at) => `model-${at}`);
    const models = Object.fromEntries(names.map((name) => [name, { aliases: [`${name}-alias`] }]));
    parsed(smallPolicy({ models }));
    for (const at of [0, 1, 77, 1500, 2999]) {
      expect(module.findModel(`model-${at}`)).toBe(at);
      expect(module.findModel(`model-${at}-alias`)).toBe(at);
      expect(module.findModel(`model-${at}-alia`)).toBe(-1);
    }
  });

  it("are found for known keys by digest, and for no other", () => {
    const known = { [keyHash("one")]: "acme", [keyHash("two").toUpperCase()]: "umbrella" };
    const identity = [
      { apiKey: "authorization", known },
      { apiKey: "x-api-key", known: { [keyHash("three")]: "third" } },
    ];
    parsed(smallPolicy({ identity }));
    const digest = (key: string) => createHash("sha256").update(key).digest();
    expect(module.findKey(0, digest("one"))).toBe("acme");
    expect(module.findKey(0, digest("two"))).toBe("umbrella");
    expect(module.findKey(0, digest("three"))).toBeNull();
    expect(module.findKey(1, digest("three"))).toBe("third");
    expect(module.findKey(1, digest("one"))).toBeNull();
    expect(module.findKey(0, Buffer.alloc(32))).toBeNull();
  });
});

describe("attach", () => {
  const reason = (model: string) =>
    `policy.models.${model}.targets needs the body before the headers leave, which "stream" does ` +
    'not wait for: set allow_on_headers_stop_iteration on the Wasm filter and "hold" here';

  it.each<[string, unknown, Mistake[]]>([
    ["null", null, [["attach", "must be an object, not null"]]],
    ["another role", { role: "gate" }, [["attach.role", 'must be "single", not "gate"']]],
    ["another body", { body: "twin" }, [["attach.body", 'must be "stream" or "hold", not "twin"']]],
    [
      "a small body",
      { bodyBytesMax: 1023 },
      [["attach.bodyBytesMax", "must be from 1024 to 67108864"]],
    ],
    [
      "a large body",
      { bodyBytesMax: 67108865 },
      [["attach.bodyBytesMax", "must be from 1024 to 67108864"]],
    ],
    ["half a byte", { bodyBytesMax: 2000.5 }, [["attach.bodyBytesMax", "must be a whole number"]]],
    [
      "bytes as text",
      { bodyBytesMax: "1MiB" },
      [["attach.bodyBytesMax", "must be a number, not text"]],
    ],
    [
      "explain as a number",
      { explain: 1 },
      [["attach.explain", "must be true or false, not a number"]],
    ],
    ["a pair", { pair: "a" }, [["attach.pair", 'unknown key: this version has no "pair"']]],
  ])("refuses %s", (_title, attach, mistakes) => {
    expect(module.mistakes({ policy: smallPolicy(), attach })).toEqual(mistakes);
  });

  it.each([1024, 67108864, 65536])("takes a body of %i bytes", (bodyBytesMax) => {
    expect(parsed(smallPolicy(), { bodyBytesMax }).attach.bodyBytesMax).toBe(bodyBytesMax);
  });

  it("refuses routes that only the body can tell where headers do not wait for it", () => {
    const routed = withModel({ targets: [{ route: "a" }] });
    expect(module.mistakes({ policy: routed, attach: { body: "stream" } })).toEqual([
      ["attach.body", reason("m")],
    ]);
    expect(module.mistakes({ policy: routed, attach: {} })).toEqual([["attach.body", reason("m")]]);
    expect(module.mistakes({ policy: routed })).toEqual([["attach.body", reason("m")]]);
    expect(module.mistakes({ policy: routed, attach: hold })).toEqual([]);
  });

  it("says so once, however many models are routed", () => {
    expect(module.mistakes({ policy: samplePolicy(), attach: {} })).toEqual([
      ["attach.body", reason("gpt-4o")],
    ]);
  });

  it("takes aliases with any body", () => {
    expect(parsed(withModel({ aliases: ["a"] }), { body: "stream" }).attach.body).toBe(0);
  });
});
