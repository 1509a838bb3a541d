/** An explanation as people read it. */
import { spellCost } from "../tour/account.ts";
import type { Explanation } from "./explanation.ts";

/** The whole report, in the order in which things happened. */
export function describeExplanation(explanation: Explanation): string {
  const read = rows([
    ["dialect", explanation.dialect ?? "none: no LLM request that this gateway reads"],
    ["stream", yesOrNo(explanation.stream)],
    ["model asked for", explanation.requestedModel],
    ["identity", explanation.identity],
    ["most output", explanation.maxOutput],
    ["prompt tokens", explanation.promptTokens],
  ]);
  const decided = rows([
    ["decision", explanation.decision],
    ["reason", explanation.reason],
    ["model", explanation.model],
    ["route", explanation.route],
    ["asked for there", explanation.targetModel],
  ]);
  const { usage } = explanation;
  const charged = rows([
    ["provider's usage", usageText(usage)],
    ["own output count", explanation.ownOutputTokens],
    ["cost", explanation.costNanoUsd === null ? null : spellCost(explanation.costNanoUsd)],
    ["quality", explanation.quality],
    ["ending", explanation.ending],
  ]);
  return [
    `Read\n${read}`,
    `Decided\n${decided}`,
    `Sent on\n${indent(explanation.upstreamRequest ?? "nothing")}`,
    `Delivered\n${indent(explanation.clientResponse ?? "nothing")}`,
    `Charged\n${charged}`,
  ].join("\n\n");
}

function rows(facts: [name: string, value: string | number | null][]): string {
  return facts.map(([name, value]) => `  ${name.padEnd(17)} ${value ?? "-"}`).join("\n");
}

function yesOrNo(value: boolean | null): string | null {
  return value === null ? null : value ? "yes" : "no";
}

function usageText(usage: Explanation["usage"]): string | null {
  const said = Object.entries(usage).filter(([, tokens]) => tokens !== null);
  return said.length === 0 ? null : said.map(([name, tokens]) => `${name} ${tokens}`).join(", ");
}

function indent(message: string): string {
  return message
    .split(/\r?\n/)
    .map((line) => (line === "" ? "" : `  ${line}`))
    .join("\n")
    .trimEnd();
}
