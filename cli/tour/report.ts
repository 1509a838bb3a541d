/** The tour's steps as people read them. */
import { type Account, spellCost } from "./account.ts";
import type { StepOutcome } from "./tour.ts";

const shownTextMax = 60;

/** A step in a few lines. */
export function describeStep(number: number, outcome: StepOutcome): string {
  const { step, account, targetModel, seen, complaints } = outcome;
  const facts: [string, string][] = [
    ["asked", `${account.requestedModel ?? step.model}`],
    ["counted", countedText(account)],
    ["routed", routedText(account, targetModel)],
    ["charged", chargedText(account)],
    ["client", `${seen.status ?? "no status"}${seenText(outcome)}`],
    ["ending", account.ending ?? "none"],
    ...complaints.map((complaint): [string, string] => ["WRONG", complaint]),
  ];
  const lines = facts.map(([name, text]) => `   ${name.padEnd(8)} ${text}`);
  return [`${number}. ${step.name}: ${step.title}`, ...lines, ""].join("\n");
}

/** One served request in one line. */
export function describeRequest(account: Account): string {
  const { requestedModel, route, ending, status } = account;
  const model = requestedModel ?? "no model";
  return [status, model, `-> ${route ?? "nowhere"}`, chargedText(account), ending].join("  ");
}

function countedText({ promptTokens }: Account): string {
  return promptTokens ? `${promptTokens} prompt tokens, before the request left` : "nothing";
}

const meanings: Record<string, string> = {
  exact: "exact",
  formula: "own count",
  estimate: "estimate",
};

function routedText({ model, route }: Account, targetModel: string | null): string {
  if (route === null) return "nowhere: nothing reached a provider";
  const renamed = targetModel !== null && targetModel !== model ? `, asked for ${targetModel}` : "";
  return `${model} -> ${route}${renamed}`;
}

function chargedText(account: Account): string {
  const { inputTokens, outputTokens, totalTokens, costNanoUsd, quality } = account;
  if (!totalTokens) return "nothing";
  const cost = costNanoUsd === null ? "no price" : spellCost(costNanoUsd);
  const tokens = `${inputTokens} in + ${outputTokens} out = ${totalTokens} tokens`;
  return `${tokens}, ${cost} (${meanings[quality ?? ""] ?? "unknown quality"})`;
}

function seenText({ seen }: StepOutcome): string {
  const text = seen.text.replace(/\s+/g, " ");
  const short = text.length > shownTextMax ? `${text.slice(0, shownTextMax)}...` : text;
  const usage = seen.usage ? `, usage ${seen.usage.input} + ${seen.usage.output}` : ", no usage";
  return seen.model === null ? `, "${text}"` : `, model ${seen.model}${usage}, "${short}"`;
}
