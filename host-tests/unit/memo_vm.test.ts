/** The memo of a whole VM: when its key is drawn, and what it costs and remembers. */
import { beforeAll, describe, expect, it } from "vitest";
import { Faults } from "../../host/faults.ts";
import { Replayer } from "../../host/replayer.ts";
import { buildModule } from "../../tools/build.ts";
import { tokensOf } from "../flow/account.ts";
import { chatAnswer, chatPath, chatPolicy, chatSetup, jsonHeaders } from "../flow/chat_setup.ts";

let module: string;
beforeAll(async () => {
  module = await buildModule();
});

const identity = [{ header: "x-tenant", trusted: true }];
const { routes } = chatSetup();
const answer = { status: 200, headers: jsonHeaders, chunks: [bytesOf(chatAnswer().chunks)] };

function bytesOf(chunks: unknown[] = []): Uint8Array {
  return Buffer.from(chunks.map(String).join(""));
}

interface World {
  replayer: Replayer;
  faults: Faults;
  /** Sizes of what was drawn from the random source. */
  drawn: number[];
}

function worldOf(policy: object = {}, faults = new Faults()): World {
  const drawn: number[] = [];
  const random = (bytes: Uint8Array): void => {
    drawn.push(bytes.length);
    bytes.fill(drawn.length);
  };
  const { configuration } = chatSetup({ policy: { identity, ...policy } });
  return {
    replayer: new Replayer({ module, configuration, vm: { random, faults } }),
    faults,
    drawn,
  };
}

/** Sends a text; the count must be right. Answers how often counts were remembered, and not. */
function send({ replayer }: World, content: string, tenant = "acme"): [number, number] {
  const headers: [string, string][] = [...jsonHeaders, ["x-tenant", tenant]];
  const body = JSON.stringify({ messages: [{ role: "user", content }], model: "gpt-4o" });
  const request = { method: "POST", path: chatPath, headers, chunks: [Buffer.from(body)] };
  const before = tallyOf(replayer);
  const { accessLog, violations } = replayer.run({ request, routes, respond: () => answer });
  expect(violations).toEqual([]);
  expect(accessLog.prompt_tokens).toBe(String(3 + 3 + 1 + tokensOf(content)));
  const [hits, misses] = tallyOf(replayer);
  return [hits - before[0], misses - before[1]];
}

function tallyOf(replayer: Replayer): [number, number] {
  const stats = replayer.stats.values();
  const of = (type: string): number => stats[`tokenstile_memo_spans_total;type=${type};`] ?? 0;
  return [of("hit"), of("miss")];
}

const text = "What was counted once need not be counted twice. ".repeat(20);

describe("a VM's key", () => {
  it("is drawn once, with the first policy that counts exactly", () => {
    const world = worldOf();
    expect(world.drawn).toEqual([1152]);
    const { replayer } = world;
    const { configuration } = chatSetup({ policy: { name: "next" } });
    const next = replayer.vm.createRoot({
      configuration: Buffer.from(JSON.stringify(configuration)),
    });
    expect(next).not.toBe(null);
    expect(world.drawn).toEqual([1152]);
    expect([send(world, text), send(world, text)]).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  const { encoding: _, ...unknown } = chatPolicy.models["gpt-4o"];
  it.each([
    ["memo: off", { memo: "off" }],
    ["count: estimate", { count: "estimate" }],
    ["count: off", { count: "off" }],
    ["no encoding", { models: { "gpt-4o": unknown } }],
  ])("is not drawn where nothing is remembered (%s)", (_title, policy) => {
    expect(worldOf(policy).drawn).toEqual([]);
  });

  it("costs no memory where nothing is remembered", () => {
    const bytes = (policy: object): number => worldOf(policy).replayer.vm.memoryBytes;
    const tableBytes = 16_384 * 24;
    expect(bytes({}) - bytes({ memo: "off" })).toBeLessThanOrEqual(tableBytes + 2 * 65_536);
  });

  it("that the host does not give leaves the memo closed, and all else as it is", () => {
    const faults = new Faults();
    faults.fail("random_get", 1, 28 as never, true);
    const world = worldOf({}, faults);
    expect(faults.uses("random_get")).toBe(1);
    expect([send(world, text), send(world, text)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("is asked for again by the next policy where the host did not give it", () => {
    const faults = new Faults();
    faults.fail("random_get", 1, 28 as never);
    const world = worldOf({}, faults);
    const { configuration } = chatSetup({ policy: { identity } });
    world.replayer.vm.createRoot({ configuration: Buffer.from(JSON.stringify(configuration)) });
    expect(world.drawn).toEqual([1152]);
    expect([send(world, text), send(world, text)]).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });
});

describe("a VM's memo", () => {
  it("leaves a payer its share under a flood of another one's texts", () => {
    const world = worldOf();
    const mine = Array.from({ length: 200 }, (_, at) => `Mine, number ${at}: ${text}`);
    for (const content of mine) send(world, content, "quiet");
    for (let at = 0; at < 5_000; at++) flood(world, at);
    const hits = mine.filter((content) => send(world, content, "quiet")[0] === 1);
    expect(hits.length).toBe(mine.length);
  });

  it("lets texts go that nobody sends again for a quarter of an hour", () => {
    const world = worldOf();
    send(world, text, "gone");
    world.replayer.clock.advance(17 * 60_000);
    for (let at = 0; at < 5_000; at++) flood(world, at);
    expect(send(world, text, "gone")).toEqual([0, 1]);
  });
});

/** Texts that come once, five to a request. */
function flood(world: World, at: number): void {
  const { replayer } = world;
  const headers: [string, string][] = [...jsonHeaders, ["x-tenant", "loud"]];
  const messages = [1, 2, 3, 4, 5].map((part) => {
    return { role: "user", content: `${at}.${part} ${"and on ".repeat(40)}` };
  });
  const body = Buffer.from(JSON.stringify({ messages, model: "gpt-4o" }));
  const request = { method: "POST", path: chatPath, headers, chunks: [body] };
  replayer.run({ request, routes, respond: () => answer });
}
