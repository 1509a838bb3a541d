import { createHash } from "node:crypto";

/** A policy in which every key that there is stands at least once. */
export function samplePolicy() {
  return {
    version: 1,
    name: "acme-llm",
    onFailure: "deny",
    count: "exact",
    memo: "identity",
    identity: [
      { header: "x-tenant", trusted: true },
      { metadata: "envoy.filters.http.jwt_authn", path: "payload.sub" },
      { clientCertificate: "uriSan" },
      { apiKey: "authorization", known: { [keyHash("key-of-acme")]: "acme" } },
    ],
    anonymous: "deny",
    models: {
      "gpt-4o": {
        aliases: ["chat-default", "openai/gpt-4o"],
        encoding: "o200k_base",
        framing: "openai",
        images: "gpt-4o",
        contextWindow: 128000,
        price: { input: "2.50", cachedInput: "1.25", cacheWrite: "3.125", output: "10.00" },
        targets: [
          { route: "openai", weight: 9 },
          { route: "azure-eu", model: "gpt-4o-prod", weight: 1, includeUsage: false },
        ],
        spread: "identity",
        includeUsage: true,
      },
      "llama-3.3-70b": { spread: { header: "x-session" } },
    },
    unpriced: "deny",
    unknownModel: "pass",
    defaultPrice: { input: 0.5, output: 1.5 },
    includeUsage: true,
    unmetered: "deny",
    upstreams: {
      openai: { url: "https://api.openai.com" },
      "azure-eu": { url: "https://example.openai.azure.com:8443/openai" },
    },
  };
}

/** Every key of `attach`. */
export function sampleAttach() {
  return { role: "single", body: "hold", bodyBytesMax: 65536, explain: true };
}

/** The least that a policy may say. */
export function smallPolicy(more: object = {}) {
  return { version: 1, name: "small", unpriced: "allow", models: { m: {} }, ...more };
}

/** The least, with this one model. */
export function withModel(model: object, more: object = {}) {
  return smallPolicy({ models: { m: model }, ...more });
}

/** The least, with these identity sources. */
export function withIdentity(...identity: unknown[]) {
  return smallPolicy({ identity });
}

export function keyHash(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
