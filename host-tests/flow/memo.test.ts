/**
 * A conversation that is sent again with every turn: its texts are counted once, by the reference's
 * count, and then known, by whom the policy says.
 */
import { describe, expect } from "vitest";
import { tokensOf } from "./account.ts";
import { ask, type AskOptions, cutInto, taken, valuesOf } from "./chat_flow.ts";
import { chatAnswer, chatPath, chatPolicy, chatSetup, jsonHeaders } from "./chat_setup.ts";
import { type Flow, type FlowSetup, onBothHosts } from "./world_flow.ts";

const oneModel = { "gpt-4o": chatPolicy.models["gpt-4o"] };
const tenants = [{ header: "x-tenant", trusted: true }];

function setupOf(policy: object): FlowSetup {
  return chatSetup({ policy: { models: oneModel, identity: tenants, ...policy } });
}

/** Messages of some hundred bytes to some ten thousand, with what JSON has to escape. */
const messages = Array.from({ length: 12 }, (_, at) => ({
  role: at % 2 === 0 ? "user" : "assistant",
  content: `Turn ${at}: "naïve" \\ fox,\njumps over 好的。\n`.repeat(3 + at * at * 6),
}));

function expected(sent: typeof messages): number {
  return sent.reduce((sum, { role, content }) => sum + 3 + tokensOf(role) + tokensOf(content), 3);
}

function bodyOf(sent: typeof messages): string {
  return JSON.stringify({ messages: sent, model: "gpt-4o" });
}

/** Asks for one turn, whose count must be right. */
async function turn(
  flow: Flow,
  sent: typeof messages,
  tenant: string,
  options: AskOptions = {},
): Promise<void> {
  flow.provider.queue(chatAnswer());
  const headers: [string, string][] = [...jsonHeaders, ["x-tenant", tenant]];
  const { log } = await ask(flow, bodyOf(sent), { headers, ...options });
  expect(log.prompt_tokens).toBe(String(expected(sent)));
  const told = valuesOf(taken(flow, "openai").headers, "x-tokenstile-prompt-tokens");
  expect(told).toEqual([log.prompt_tokens]);
}

interface Tally {
  hits: number;
  misses: number;
  bytes: number;
}

async function tally(flow: Flow): Promise<Tally> {
  const counted = await flow.counted();
  return {
    hits: counted["tokenstile_memo_spans_total;type=hit;"] ?? 0,
    misses: counted["tokenstile_memo_spans_total;type=miss;"] ?? 0,
    bytes: counted["tokenstile_memo_hit_bytes_total"] ?? 0,
  };
}

/** The messages' texts as they stand in the body, in segments of at most 20 KiB. */
function bytesOf(sent: typeof messages): number {
  return sent.reduce((sum, { content }) => {
    return sum + Buffer.byteLength(JSON.stringify(content)) - 2;
  }, 0);
}

const first = messages.slice(0, 10);

describe("a conversation that is sent again", () => {
  onBothHosts("is counted from memory, all but its new turn", setupOf({}), async (flow) => {
    await turn(flow, first, "acme");
    const before = await tally(flow);
    expect(before).toMatchObject({ hits: 0, bytes: 0 });
    expect(before.misses).toBeGreaterThanOrEqual(first.length);
    await turn(flow, messages.slice(0, 11), "acme");
    const after = await tally(flow);
    expect(after.hits).toBe(before.misses);
    expect(after.bytes).toBe(bytesOf(first));
    await turn(flow, messages, "acme", { http2: true });
    expect((await tally(flow)).bytes).toBe(bytesOf(first) + bytesOf(messages.slice(0, 11)));
  });

  const two = setupOf({ models: chatPolicy.models });
  onBothHosts("is counted from memory where models differ in encoding", two, async (flow) => {
    await turn(flow, first, "acme");
    const { misses } = await tally(flow);
    await turn(flow, first, "acme");
    expect(await tally(flow)).toEqual({ hits: misses, misses, bytes: bytesOf(first) });
  });

  const cut = setupOf({ name: "cut" });
  onBothHosts("is counted from memory however it is cut", cut, async (flow) => {
    await turn(flow, first, "acme");
    const { misses } = await tally(flow);
    const body = Buffer.from(bodyOf(first));
    const head = [`POST ${chatPath} HTTP/1.1`, "host: gateway.test", "x-tenant: acme"];
    head.push("content-type: application/json", `content-length: ${body.length}`);
    for (const [at, size] of [700, 5000, 16_384, 40_000].entries()) {
      flow.provider.queue(chatAnswer());
      const id = flow.nextId();
      const lines = [...head, `x-request-id: ${id}`, "", ""].join("\r\n");
      await flow.sendRaw([lines, ...cutInto(body, size)], { id });
      const log = await flow.world.accessLogOf(id);
      expect(log.prompt_tokens).toBe(String(expected(first)));
      expect(await tally(flow)).toMatchObject({ hits: misses * (at + 1), misses });
    }
  });

  onBothHosts("is known to its payer alone", setupOf({ name: "apart" }), async (flow) => {
    await turn(flow, first, "acme");
    const { misses } = await tally(flow);
    await turn(flow, first, "other");
    expect(await tally(flow)).toEqual({ hits: 0, misses: 2 * misses, bytes: 0 });
    await turn(flow, first, "other");
    expect(await tally(flow)).toEqual({ hits: misses, misses: 2 * misses, bytes: bytesOf(first) });
  });

  const shared = setupOf({ name: "shared", memo: "shared" });
  onBothHosts("is known to all who pay where the policy says so", shared, async (flow) => {
    await turn(flow, first, "acme");
    const { misses } = await tally(flow);
    await turn(flow, first, "other");
    expect(await tally(flow)).toEqual({ hits: misses, misses, bytes: bytesOf(first) });
  });

  for (const off of [{ memo: "off" }, { memo: "off", models: chatPolicy.models }]) {
    const title = "models" in off ? "is counted anew, in the second pass too" : "is counted anew";
    onBothHosts(`${title}, with memo: off`, setupOf(off), async (flow) => {
      for (let again = 0; again < 2; again++) await turn(flow, first, "acme");
      expect(await tally(flow)).toEqual({ hits: 0, misses: 0, bytes: 0 });
    });
  }

  const other = setupOf({ name: "two" }).configuration;
  const both = { ...setupOf({ name: "one" }), beside: { other } };
  onBothHosts("is not known to another policy of the VM", both, async (flow) => {
    const headers: [string, string][] = [...jsonHeaders, ["x-tenant", "acme"]];
    const request = { method: "POST", path: chatPath, headers, body: bodyOf(first) };
    const seen: Tally[] = [];
    for (const listener of [undefined, "other", undefined]) {
      flow.provider.queue(chatAnswer());
      const { log } = await flow.send(request, listener);
      expect(log.prompt_tokens).toBe(String(expected(first)));
      seen.push(await tally(flow));
    }
    const [{ misses } = { misses: 0 }, second, third] = seen;
    expect(second).toEqual({ hits: 0, misses: 2 * misses, bytes: 0 });
    expect(third).toEqual({ hits: misses, misses: 2 * misses, bytes: bytesOf(first) });
  });
});
