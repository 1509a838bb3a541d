/**
 * What a stream must have left behind when it is over: one settlement, whose log line and counters
 * say the same. The expected numbers are made here from the policy's prices and with tiktoken.
 */
import { get_encoding } from "tiktoken";
import { expect } from "vitest";
import type { AccessLogLine } from "../../host/access_log.ts";
import { chatPolicy } from "./chat_setup.ts";
import type { Flow } from "./world_flow.ts";

export type ModelName = keyof typeof chatPolicy.models;

/** How one stream is charged. */
export interface Charge {
  ending: string;
  /** Whose price holds; null: no model was known, so there is no price. */
  model?: ModelName | null;
  /** Tokens; absent: none. Cached ones are part of the input, reasoning is part of the output. */
  input?: number;
  cachedInput?: number;
  output?: number;
  reasoning?: number;
  quality?: "exact" | "formula" | "estimate";
}

const encodings = {
  "gpt-4o": get_encoding("o200k_base"),
  "gpt-4": get_encoding("cl100k_base"),
} satisfies Record<ModelName, ReturnType<typeof get_encoding>>;

/** Tokens of a text by the reference encoder. */
export function tokensOf(text: string, model: ModelName = "gpt-4o"): number {
  return encodings[model].encode(text, [], []).length;
}

/** Tokens of a chat prompt of one user message: three prime the answer, three frame the message. */
export function promptTokens(content: string, model: ModelName = "gpt-4o"): number {
  return 3 + 3 + tokensOf("user", model) + tokensOf(content, model);
}

/** What a charge costs, in nano-USD: a price of 1 USD per million tokens is 1,000 for each. */
export function costOf(charge: Charge): number {
  const { input = 0, cachedInput = 0, output = 0, model = "gpt-4o" } = charge;
  if (model === null) return 0;
  const price: { input: string; cachedInput?: string; output: string } =
    chatPolicy.models[model].price;
  const nano = (usd: string): number => Number(usd) * 1_000;
  const cached = cachedInput * nano(price.cachedInput ?? price.input);
  return Math.round(
    (input - cachedInput) * nano(price.input) + cached + output * nano(price.output),
  );
}

/**
 * Asserts that the streams of this flow were settled just so: each log line says its charge, the
 * counters rose by all charges together and by nothing else, and no stream is left open.
 */
export async function expectSettled(
  flow: Flow,
  ...settled: [log: AccessLogLine, charge: Charge][]
): Promise<void> {
  const rises: Record<string, number> = {};
  for (const [log, charge] of settled) {
    expect(log).toMatchObject(fieldsOf(charge));
    for (const [name, rise] of Object.entries(countersOf(log, charge))) {
      rises[name] = (rises[name] ?? 0) + rise;
    }
  }
  const counted = Object.entries(await flow.counted()).filter(([name]) => isAccount(name));
  expect(Object.fromEntries(counted)).toEqual(rises);
}

/** Denials and drift have counters of their own, which their own tests look at. */
function isAccount(name: string): boolean {
  return /^tokenstile_(requests|tokens|cost|streams)/.test(name);
}

function fieldsOf(charge: Charge): Partial<AccessLogLine> {
  const { input = 0, cachedInput = 0, output = 0, reasoning = 0 } = charge;
  return {
    ending: charge.ending,
    input_tokens: String(input),
    cached_input_tokens: String(cachedInput),
    cache_write_tokens: "0",
    output_tokens: String(output),
    reasoning_tokens: String(reasoning),
    total_tokens: String(input + output),
    cost_nano_usd: String(costOf(charge)),
    quality: charge.quality ?? "exact",
  };
}

function countersOf(log: AccessLogLine, charge: Charge): Record<string, number> {
  const { model, route, identity } = log;
  const labels = `;model=${model ?? ""};;route=${route ?? ""};;identity=${identity ?? ""};`;
  const { input = 0, cachedInput = 0, output = 0, reasoning = 0 } = charge;
  const all = {
    [`tokenstile_requests_total;ending=${charge.ending};${labels}`]: 1,
    [`tokenstile_tokens_total;type=input;${labels}`]: input,
    [`tokenstile_tokens_total;type=cached_input;${labels}`]: cachedInput,
    [`tokenstile_tokens_total;type=output;${labels}`]: output,
    [`tokenstile_tokens_total;type=reasoning;${labels}`]: reasoning,
    [`tokenstile_cost_nano_usd_total${labels}`]: costOf(charge),
  };
  return Object.fromEntries(Object.entries(all).filter(([, rise]) => rise !== 0));
}
