/** The tour of `npm start`, on both hosts: the same steps, the same numbers, none of them wrong. */
import { beforeAll, describe, expect, it } from "vitest";
import { buildModule } from "../../tools/build.ts";
import { type Account } from "../../cli/tour/account.ts";
import { complaintsAbout } from "../../cli/tour/judge.ts";
import { tourSteps } from "../../cli/tour/steps.ts";
import { type } from "../unit/cli_typed.ts";

const keys = [
  ...["name", "host", "requestedModel", "model", "route", "promptTokens", "inputTokens"],
  ...["outputTokens", "totalTokens", "costNanoUsd", "quality", "ending", "status"],
];

async function tour(...options: string[]): Promise<Account[]> {
  const { code, out, err } = await type("start", "--once", "--json", ...options);
  expect({ code, err }).toEqual({ code: 0, err: [] });
  return out.map((line) => JSON.parse(line) as Account);
}

beforeAll(() => buildModule());

describe("the tour", () => {
  it("prints one object a step, with the account of each", async () => {
    const accounts = await tour();
    expect(accounts.map(({ name }) => name)).toEqual(tourSteps.map(({ name }) => name));
    for (const account of accounts) expect(Object.keys(account)).toEqual(keys);
    const routes = new Set(accounts.map(({ route }) => route));
    expect(routes).toEqual(new Set(["alpha", "beta", null]));
    const [plain] = accounts;
    const cost = plain && (plain.inputTokens ?? 0) * 2500 + (plain.outputTokens ?? 0) * 10_000;
    expect(plain?.costNanoUsd).toBe(cost);
  });

  it.skipIf(process.env.TOKENSTILE_WITHOUT_ENVOY === "1")(
    "has the same numbers through Envoy",
    async () => {
      const here = await tour();
      const there = await tour("--envoy");
      expect(there).toEqual(here.map((account) => ({ ...account, host: "envoy" })));
    },
  );

  it("is told step by step", async () => {
    const { code, out } = await type("start", "--once");
    expect(code).toBe(0);
    const text = out.join("\n");
    expect(text).toMatch(/^A tour through the embedded gateway at http:\/\/127\.0\.0\.1:\d+/);
    for (const [at, { name, title }] of tourSteps.entries()) {
      expect(text).toContain(`${at + 1}. ${name}: ${title}\n`);
    }
    expect(text).toContain("asked for gpt-4o-prod");
    expect(text).toContain("nowhere: nothing reached a provider");
    expect(text).toContain("Requests that reached a provider: alpha 2, beta 2.");
    expect(text).not.toContain("WRONG");
  });
});

describe("the tour's judge", () => {
  it("finds every number that is off", async () => {
    const [step] = tourSteps;
    const [account] = await tour();
    if (!step || !account) throw new Error("the tour has no steps");
    const usage = { input: account.inputTokens ?? 0, output: account.outputTokens ?? 0 };
    const seen = { status: 200, model: step.model, text: "any", usage };
    expect(complaintsAbout(step, account, seen)).toEqual([]);
    const wrong = { promptTokens: 1, inputTokens: 2, outputTokens: 3, totalTokens: 4 };
    for (const [name, value] of Object.entries({ ...wrong, ending: "denied", status: 500 })) {
      expect(complaintsAbout(step, { ...account, [name]: value }, seen)).toHaveLength(1);
    }
    expect(complaintsAbout(step, account, { ...seen, model: "another" })).toHaveLength(1);
    expect(complaintsAbout(step, account, { ...seen, status: 400 })).toHaveLength(1);
    const refused = { ...step, expected: { ending: "denied", status: 404 } };
    const charged = { ...account, ending: "denied", status: 404 };
    const complaints = complaintsAbout(refused, charged, { ...seen, status: 404 });
    expect(complaints).toEqual([`cost is ${account.costNanoUsd}, not 0`]);
  });
});
