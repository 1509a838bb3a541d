import { beforeAll, describe, expect, it } from "vitest";
import { ConfigModule } from "./config_module.ts";
import { sampleAttach, samplePolicy } from "./config_samples.ts";

let module: ConfigModule;

beforeAll(async () => {
  module = await ConfigModule.load();
});

type Step = string | number;
type Container = Record<Step, unknown>;

const sample = () => ({ policy: samplePolicy(), attach: sampleAttach() }) as Container;

/** Right nowhere in a configuration, whatever the place. */
const wrongEverywhere: unknown[] = [
  null,
  "",
  " ",
  "a\r\nb",
  "\0",
  "\u00e9",
  "\u2028",
  "x".repeat(4000),
  -1,
  -0.5,
  1e300,
  1e-300,
  { "no-such": 1 },
  [[]],
  [null],
];

/** The way to every value of the sample but the document itself. */
function everyWay(value: unknown, way: Step[] = []): Step[][] {
  if (value === null || typeof value !== "object") return [way];
  const steps: Step[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const below = steps.flatMap((step) => everyWay((value as Container)[step], [...way, step]));
  return way.length ? [way, ...below] : below;
}

/** How the module writes the way; members of `known` stay unnamed, for they may be secrets. */
function written(way: Step[]): string {
  const known = way.indexOf("known");
  const shown = known < 0 ? way : way.slice(0, known + 1);
  const steps = shown.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
  return steps.join("").slice(1);
}

function holderOf(document: Container, way: Step[]): Container {
  return way.slice(0, -1).reduce<Container>((at, step) => at[step] as Container, document);
}

const ways = everyWay(sample());
const objectWays = ways.filter((way) => {
  const value = holderOf(sample(), way)[way.at(-1)!];
  return typeof value === "object" && !Array.isArray(value);
});

describe("the sample configuration", () => {
  it("is right as it is", () => {
    expect(module.mistakes(sample())).toEqual([]);
    expect(ways.length).toBeGreaterThan(60);
  });

  it.each(ways.map((way) => [way.join("/"), way] as const))(
    "is refused, with the path, for every wrong value at %s",
    (_title, way) => {
      for (const wrong of wrongEverywhere) {
        const document = sample();
        holderOf(document, way)[way.at(-1)!] = wrong;
        const paths = module.mistakes(document).map(([path]) => path);
        const named = paths.some((path) => path.startsWith(written(way)));
        expect(named, `${JSON.stringify(wrong)} in ${JSON.stringify(paths)}`).toBe(true);
        expect(module.described()).toBeNull();
      }
    },
  );

  it.each(objectWays.map((way) => [way.join("/"), way] as const))(
    "is refused for one key more in %s",
    (_title, way) => {
      const document = sample();
      (holderOf(document, way)[way.at(-1)!] as Container)["noSuchKey"] = 1;
      const paths = module.mistakes(document).map(([path]) => path);
      const inKnown = way.at(-1) === "known";
      expect(paths).toContain(inKnown ? written(way) : `${written(way)}.noSuchKey`);
    },
  );

  it.each([
    ["policy/version"],
    ["policy/name"],
    ["policy/models"],
    ["policy/identity/0/trusted"],
    ["policy/identity/1/path"],
    ["policy/identity/3/known"],
    ["policy/models/gpt-4o/price/input"],
    ["policy/models/gpt-4o/price/output"],
    ["policy/models/gpt-4o/targets/0/route"],
    ["policy/models/llama-3.3-70b/spread/header"],
    ["policy/upstreams/openai/url"],
  ])("is refused without %s", (joined) => {
    const way = joined.split("/").map((step) => (/^\d$/.test(step) ? Number(step) : step));
    const document = sample();
    delete holderOf(document, way)[way.at(-1)!];
    const mistakes = module.mistakes(document);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]![0]).toBe(written(way));
    expect(mistakes[0]![1]).toMatch(/^missing/);
  });
});
