/** Names what a failure of the host did to a stream; throws where it did what it never may. */
import { expect } from "vitest";
import type { Failure, Seen } from "./failing_host.ts";
import { scenarios } from "./failure_scenarios.ts";

const owned = /^x-(tokenstile|gateway)-/;

/** Sorted names of all effects; `as usual` where there was none. */
export function effectsOf(failure: Failure): string[] {
  const { seen, usual } = failure;
  expect(forged(seen, usual)).toEqual([]);
  if (seen.client === null && usual.client !== null) return cut(seen);
  if (isGatewayFailure(seen)) return refused(seen);
  if (seen.result.accessLog.decision === "pass") return passed(failure);
  expect(seen.upstream).toEqual(usual.upstream);
  const effects = [...answerEffects(failure), ...accountEffects(failure)];
  return effects.length === 0 ? ["as usual"] : effects;
}

/** Headers of ours that the upstream got and would not have got as usual. */
function forged(seen: Seen, usual: Seen): string[] {
  const ours = seen.upstream?.headers.filter((header) => owned.test(header)) ?? [];
  return ours.filter((header) => !usual.upstream?.headers.includes(header));
}

/** No reply; what is no LLM request may have begun to go on, and never ended. */
function cut(seen: Seen): string[] {
  if (seen.result.accessLog.dialect === null) {
    expect(seen.result.upstreamRequest?.complete ?? false).toBe(false);
    return ["cut"];
  }
  expect(seen.upstream).toBe(null);
  expect(seen.result.accessLog.decision).toBe("deny");
  return ["cut without a reply"];
}

function isGatewayFailure({ client }: Seen): boolean {
  return client?.status === 503 && client.body.includes('"gateway_failure"');
}

/** A reply in the client's dialect; nothing of the body went on; nothing is charged. */
function refused({ client, upstream, result }: Seen): string[] {
  const { error } = JSON.parse(client?.body ?? "") as { error: object };
  expect(error).toMatchObject({ type: "server_error", code: "gateway_failure" });
  expect(upstream?.body ?? "").toBe("");
  expect(result.accessLog).toMatchObject({ decision: "deny", reason: "gateway_failure" });
  expect(result.accessLog.total_tokens ?? "0").toBe("0");
  return ["refused"];
}

/** Request and answer go on as they came, and are counted as passed and as nothing else. */
function passed({ scenario, seen }: Failure): string[] {
  const { sent, answered } = scenarios[scenario] ?? { sent: "", answered: "" };
  expect(seen.upstream?.body).toBe(sent);
  expect(seen.upstream?.headers.filter((header) => owned.test(header))).toEqual([]);
  if (seen.client?.complete === true && seen.client.status === 200) {
    expect(seen.client.body).toBe(answered);
  }
  expect(seen.result.accessLog).toMatchObject({ reason: "gateway_failure", total_tokens: null });
  const counted = Object.entries(seen.result.stats).filter(
    ([name, n]) => n !== 0 && !/open/.test(name),
  );
  expect(counted).toEqual([["tokenstile_passes_total;reason=gateway_failure;", 1]]);
  return ["passed uncounted"];
}

/** An answer that is not as usual holds the same text, or it ends before its time. */
function answerEffects({ seen, usual }: Failure): string[] {
  if (JSON.stringify(seen.client) === JSON.stringify(usual.client)) return [];
  if (seen.client?.complete === false && usual.client?.complete === true) return ["answer cut"];
  expect(textOf(seen)).toBe(textOf(usual));
  return ["answer as it came"];
}

/** All text that the client got; throws on an event or a document that is no JSON. */
function textOf({ client }: Seen): string {
  const body = client?.body ?? "";
  const documents = body.startsWith("data: ")
    ? body.split("\n\n").map((event) => event.replace(/^data: /, ""))
    : [body];
  let text = "";
  for (const document of documents) {
    if (document === "" || document === "[DONE]") continue;
    const { choices = [] } = JSON.parse(document) as { choices?: Record<string, Message>[] };
    for (const { delta, message } of choices) text += delta?.content ?? message?.content ?? "";
  }
  return text;
}

interface Message {
  content?: string;
}

function accountEffects({ seen, usual }: Failure): string[] {
  const log = seen.result.accessLog as unknown as Record<string, string | null>;
  const expected = usual.result.accessLog as unknown as Record<string, string | null>;
  const effects = new Set<string>();
  for (const [field, value] of Object.entries(expected)) {
    if (log[field] === value || /^(bytesSent|details|status)$/.test(field)) continue;
    if (log[field] === null) effects.add("log field missing");
    else if (field === "ending" || field === "quality") effects.add(`${field} ${log[field]}`);
    else effects.add("charge");
  }
  return [...named(effects), ...countEffects(seen, usual)];
}

/** Puts together what belongs together. */
function named(effects: Set<string>): string[] {
  if (effects.has("ending upstream_error")) return ["taken for the upstream's answer"];
  const isCut = effects.has("ending client_aborted") && effects.has("quality estimate");
  if (isCut) return [];
  if (effects.delete("charge")) {
    effects.delete("quality estimate");
    effects.add("charged by its size");
  }
  return [...effects];
}

/** Counters, gauges and histograms; where the log itself differs they differ with it. */
function countEffects(seen: Seen, usual: Seen): string[] {
  if (JSON.stringify(seen.result.accessLog) !== JSON.stringify(usual.result.accessLog)) return [];
  const effects = new Set<string>();
  const names = new Set([...Object.keys(seen.result.stats), ...Object.keys(usual.result.stats)]);
  for (const name of names) {
    const [now = 0, before = 0] = [seen.result.stats[name], usual.result.stats[name]];
    if (now === before) continue;
    if (name === "tokenstile_streams_open") effects.add("gauge corrected at the next stream");
    else if (now < before) effects.add("count missing");
    else throw new Error(`${name} is ${now}, usually ${before}`);
  }
  return [...effects];
}
