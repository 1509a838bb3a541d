/** Several policies in one VM: each stream is served by its own, from its beginning to its end. */
import { describe, expect } from "vitest";
import { promptTokens, tokensOf } from "./account.ts";
import { chatAnswer, chatBody, chatPath, chatSetup, jsonHeaders, textEvent } from "./chat_setup.ts";
import { type Request, requestSteps, type Step } from "./client.ts";
import { plain, streamed, streamOf } from "./ending_setup.ts";
import { type Flow, onBothHosts, type Sent } from "./world_flow.ts";

/** A policy that knows one model, at these prices in USD per million tokens. */
function policyOf(route: string, input: string, output: string, model = "gpt-4o"): object {
  const price = { input, output };
  const targets = [{ route }];
  return {
    version: 1,
    name: "two",
    models: { [model]: { aliases: ["one"], encoding: "o200k_base", price, targets } },
  };
}

const attach = { role: "single", body: "hold" };
const cheap = { policy: policyOf("openai", "1", "2"), attach };
const dear = { policy: policyOf("azure", "3", "4", "gpt-5"), attach };

/** A promise and what resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((done) => {
    open = done;
  });
  return { opened, open };
}

const when =
  (opened: Promise<void>): Step =>
  () =>
    opened;

/** Steps that send the request with this id. */
function marked(request: Request, id: string): Step[] {
  return requestSteps({ ...request, headers: [...jsonHeaders, ["x-request-id", id]] });
}

const answered = { input_tokens: "12", output_tokens: "5" };

function costs(log: Sent["log"]): [string | null, string | null, string | null] {
  return [log.model, log.route, log.cost_nano_usd];
}

describe("two listeners with a policy each", () => {
  const setup = { ...chatSetup(), configuration: cheap, beside: { dear } };

  onBothHosts("serve equal requests, each in its own way", setup, async (flow) => {
    const { openai, azure } = flow.providers;
    openai?.queue(chatAnswer());
    azure?.queue(chatAnswer());
    const first = await flow.send(plain("one"));
    const second = await flow.send(plain("one"), "dear");
    expect(costs(first.log)).toEqual(["gpt-4o", "openai", String(12 * 1_000 + 5 * 2_000)]);
    expect(costs(second.log)).toEqual(["gpt-5", "azure", String(12 * 3_000 + 5 * 4_000)]);
    expect(JSON.parse(String(azure?.requests[0]?.body)).model).toBe("gpt-5");
    expect([openai?.requests.length, azure?.requests.length]).toEqual([1, 1]);
  });

  onBothHosts("know each its own models only", setup, async (flow) => {
    flow.providers.azure?.queue(chatAnswer());
    const refused = await flow.send(plain("gpt-5"));
    const served = await flow.send(plain("gpt-5"), "dear");
    expect([refused.log.status, refused.log.reason]).toEqual([404, "model_not_found"]);
    expect(served.log).toMatchObject({ status: 200, ...answered });
  });

  onBothHosts("serve streams that overlap", setup, async (flow) => {
    const { openai, azure } = flow.providers;
    const { opened, open } = gate();
    const chunks = [textEvent("This is"), opened, textEvent(" a test.")];
    openai?.queue(streamOf([], { chunks }));
    const early = flow.nextId();
    const slow = flow.sendRaw(marked(streamed("one"), early), { id: early });
    azure?.queue(streamOf(["Meanwhile"]));
    const { log } = await flow.send(streamed("one"), "dear");
    open();
    await slow;
    const input = promptTokens("Say this is a test");
    const output = tokensOf("This is a test.");
    // Two tokens prime the answer of a model that reasons, and three that of another.
    const paid = (input - 1) * 3_000 + tokensOf("Meanwhile") * 4_000;
    expect(costs(log)).toEqual(["gpt-5", "azure", String(paid)]);
    const slowCost = String(input * 1_000 + output * 2_000);
    const slowLog = await flow.world.accessLogOf(early);
    expect(costs(slowLog)).toEqual(["gpt-4o", "openai", slowCost]);
  });
});

describe("a policy replaced in flight", () => {
  const from = (policy: string): ReturnType<typeof chatSetup> => ({
    ...chatSetup(),
    configuration: { ...cheap, policy: { ...cheap.policy, name: policy } },
  });

  onBothHosts("serves new streams, the old one those in flight", from("flight"), async (flow) => {
    const { openai, azure } = flow.providers;
    const { opened, open } = gate();
    openai?.queue(streamOf([], { chunks: [textEvent("This is"), opened, textEvent(" a test.")] }));
    const id = flow.nextId();
    const begun = gate();
    const seen: Step = async (client) => {
      await client.waitFor("This is");
      begun.open();
    };
    const inFlight = flow.sendRaw([...marked(streamed("one"), id), seen], { id });
    await begun.opened;
    expect(await flow.world.reconfigure(dear)).toEqual({ accepted: true, messages: [] });
    azure?.queue(chatAnswer());
    const { log } = await flow.send(plain("one"));
    expect(costs(log)).toEqual(["gpt-5", "azure", String(12 * 3_000 + 5 * 4_000)]);
    open();
    expect((await inFlight).ended).toBe("complete");
    const paid = promptTokens("Say this is a test") * 1_000 + tokensOf("This is a test.") * 2_000;
    expect(costs(await flow.world.accessLogOf(id))).toEqual(["gpt-4o", "openai", String(paid)]);
    expect((await flow.counted()).tokenstile_streams_open).toBe(undefined);
  });

  onBothHosts("leaves a request half read to the old one", from("half"), async (flow) => {
    const { opened, open } = gate();
    flow.providers.openai?.queue(chatAnswer());
    const body = chatBody({ model: "gpt-4o" });
    const id = flow.nextId();
    const chunks = [body.slice(0, 40), when(opened), body.slice(40)];
    const request = { path: chatPath, chunks };
    const slow = flow.sendRaw(marked(request, id), { id });
    while ((await flow.world.stats()).tokenstile_streams_open !== 1) await tick();
    expect((await flow.world.reconfigure(dear)).accepted).toBe(true);
    open();
    await slow;
    const log = await flow.world.accessLogOf(id);
    expect(costs(log)).toEqual(["gpt-4o", "openai", String(12 * 1_000 + 5 * 2_000)]);
  });

  onBothHosts("is refused with every mistake, and changes nothing", from("bad"), async (flow) => {
    const wrong = {
      policy: {
        ...policyOf("openai", "1.5e-", "2"),
        name: "Bad Name",
        unknownModel: "guess",
        modles: {},
      },
      attach: { ...attach, body: "wait" },
    };
    const { accepted, messages } = await flow.world.reconfigure(wrong);
    expect(accepted).toBe(false);
    const paths = messages.map((message) => /refused: (\S+): ./.exec(message)?.[1]);
    expect(paths.sort()).toEqual([
      "attach.body",
      "policy.models.gpt-4o.price.input",
      "policy.modles",
      "policy.name",
      "policy.unknownModel",
    ]);
    await stillServes(flow);
    const before = flow.world.logText().length;
    expect((await flow.world.reconfigure({ policy: [] })).accepted).toBe(false);
    expect(flow.world.logText().slice(before)).toContain("refused: policy: ");
    await stillServes(flow);
  });
});

async function stillServes(flow: Flow): Promise<void> {
  flow.providers.openai?.queue(chatAnswer());
  const { log } = await flow.send(plain("one"));
  expect(costs(log)).toEqual(["gpt-4o", "openai", String(12 * 1_000 + 5 * 2_000)]);
}

function tick(): Promise<void> {
  return new Promise((done) => setTimeout(done, 5));
}
