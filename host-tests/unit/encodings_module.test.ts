import { beforeAll, describe, expect, it } from "vitest";
import { mistakesIn } from "../../cli/mistakes.ts";
import { buildModule } from "../../tools/build.ts";

let qwen: string;
let usual: string;
beforeAll(async () => {
  [qwen, usual] = await Promise.all([buildModule(["qwen3"]), buildModule()]);
});

function policyWith(encoding: string): object {
  const model = { encoding, price: { input: "1", output: "1" } };
  return { policy: { version: 1, name: "a", models: { m: model } }, attach: { role: "single" } };
}

describe("a module built with Qwen's vocabulary alone, at the same time as the usual one", () => {
  it("is another file", () => {
    expect(qwen).toMatch(/build\/tokenstile-qwen3\.wasm$/);
    expect(usual).toMatch(/build\/tokenstile\.wasm$/);
  });

  it("takes a policy that names it, and refuses one that names another", () => {
    expect(mistakesIn(policyWith("qwen3"), qwen)).toEqual([]);
    expect(mistakesIn(policyWith("o200k_harmony"), qwen)).toEqual([
      "policy.models.m.encoding: is not in this module, which carries qwen3; to build one: " +
        "npm run build -- --encodings qwen3,o200k_base",
    ]);
  });

  it("leaves the usual one as it is", () => {
    expect(mistakesIn(policyWith("o200k_harmony"), usual)).toEqual([]);
    expect(mistakesIn(policyWith("qwen3"), usual)).toHaveLength(1);
  });
});
