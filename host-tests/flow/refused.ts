/** What a refused request must look like from all sides. */
import { expect } from "vitest";
import { ask, type AskOptions, valuesOf } from "./chat_flow.ts";
import type { Flow } from "./world_flow.ts";

export interface Refusal {
  status: number;
  code: string;
  /** Of the sentence; with `at`, it also names this byte of the body. */
  says: RegExp;
  at?: number;
  type?: string;
  param?: "model" | null;
}

/**
 * Sends a request that must be refused: an error in OpenAI's form with a sentence, nothing at any
 * upstream, and a log line that says the same and charges nothing.
 */
export async function expectRefused(
  flow: Flow,
  expected: Refusal,
  body: string | Uint8Array | undefined,
  options: AskOptions = {},
): Promise<void> {
  const { reply, text, log } = await ask(flow, body, options);
  const { status, code, says, at, type = "invalid_request_error", param = null } = expected;
  const { message, ...error } = JSON.parse(text).error;
  expect({ status: reply.status, ...error }).toEqual({ status, type, param, code });
  expect(message).toMatch(says);
  expect(message).toMatch(at === undefined ? /^[^\0-\x1f]+\.$/ : / \(at byte \d+ of the body\)\.$/);
  if (at !== undefined) expect(Number(/\d+(?= of the body)/.exec(message)?.[0])).toBe(at);
  expect(Object.keys(JSON.parse(text))).toEqual(["error"]);
  expect(valuesOf(reply.headers, "content-type")).toEqual(["application/json"]);
  expect(log).toMatchObject({ status, details: "tokenstile_denied", decision: "deny" });
  expect(log).toMatchObject({ reason: code, ending: "denied", bytesSent: reply.body.length });
  expect(log).toMatchObject({ total_tokens: "0", cost_nano_usd: "0", target_model: null });
  for (const provider of Object.values(flow.providers)) expect(provider.requests).toEqual([]);
}

/** Asserts that the counters rose by these refusals, by reason, and by nothing else. */
export async function expectDenials(flow: Flow, reasons: Record<string, number>): Promise<void> {
  const denials: Record<string, number> = {};
  let ended = 0;
  for (const [name, rise] of Object.entries(await flow.counted())) {
    const [, reason] = /^tokenstile_denials_total;reason=([a-z_]+);$/.exec(name) ?? [];
    if (reason !== undefined) denials[reason] = rise;
    else if (name.startsWith("tokenstile_requests_total;ending=denied;")) ended += rise;
    else throw new Error(`${name} rose by ${rise}`);
  }
  expect(denials).toEqual(reasons);
  expect(ended).toBe(Object.values(reasons).reduce((sum, rise) => sum + rise, 0));
}
