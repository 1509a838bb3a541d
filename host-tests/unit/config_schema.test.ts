import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Ajv2020 from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ConfigModule } from "./config_module.ts";
import { policyCases } from "./config_policies.ts";
import { keyHash, samplePolicy } from "./config_samples.ts";

const root = new URL("../../", import.meta.url);
const schema = JSON.parse(readFileSync(new URL("schema/policy.schema.json", root), "utf8"));
const accepts = new Ajv2020.default({
  strict: true,
  strictTypes: false,
  strictRequired: false,
}).compile(schema);

let module: ConfigModule;

beforeAll(async () => {
  module = await ConfigModule.load();
});

interface Schema {
  properties?: Record<string, Schema>;
  oneOf?: Schema[];
  description?: string;
}

/** Every key of an object that the schema knows, wherever it stands. */
function keysOf(part: Schema): string[] {
  const own = Object.entries(part.properties ?? {}).flatMap(([key, each]) => [
    key,
    ...keysOf(each),
  ]);
  return [...own, ...(part.oneOf ?? []).flatMap(keysOf)];
}

function keysWithin(value: unknown): string[] {
  if (value === null || typeof value !== "object") return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(keysWithin)];
}

describe("the schema for editors agrees with the module", () => {
  it.each(policyCases("good"))("right: $title", ({ policy }) => {
    const accepted = accepts(policy);
    expect(accepted, JSON.stringify(accepts.errors)).toBe(true);
  });

  it.each(policyCases("bad").filter((each) => !each.schemaBlind))("wrong: $title", ({ policy }) => {
    expect(accepts(policy)).toBe(false);
  });

  it.each(policyCases("bad").filter((each) => each.schemaBlind))(
    "right to it, though the module sees more: $title",
    ({ policy }) => {
      expect(accepts(policy)).toBe(true);
    },
  );

  it("about the sample, which has every key that the schema has", () => {
    const parts = [schema, ...Object.values(schema.$defs)] as Schema[];
    const known = new Set(parts.filter((part) => part !== schema.$defs.freeModels).flatMap(keysOf));
    const used = new Set(keysWithin(samplePolicy()));
    expect([...known].filter((key) => !used.has(key))).toEqual([]);
    expect(accepts(samplePolicy())).toBe(true);
  });
});

describe("every example", () => {
  const folder = fileURLToPath(new URL("examples/", root));
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

  it("is there", () => {
    expect(names.length).toBeGreaterThan(0);
  });

  it("knows the keys that its comments name", () => {
    const text = readFileSync(`${folder}/self-hosted.yaml`, "utf8");
    const keys = [...text.matchAll(/"(demo-key-of-\w+)"/g)].map((match) => match[1]!);
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(text).toContain(`${keyHash(key)}: ${key.split("-").at(-1)}`);
  });

  it.each(names)("%s is a policy", (name) => {
    const policy = parse(readFileSync(new URL(`examples/${name}`, root), "utf8"));
    expect(module.mistakes({ policy, attach: { body: "hold" } })).toEqual([]);
    expect(accepts(policy), JSON.stringify(accepts.errors)).toBe(true);
  });
});
