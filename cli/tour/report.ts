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

function countedText({ promptTokens, quality }: Account): string {
  if (promptTokens === null) return "nothing";
  const how = quality === null ? "" : `; the account is ${withArticle(quality)}`;
  return `${promptTokens} prompt tokens before the request left${how}`;
}

const meanings: Record<string, string> = {
  exact: "exact",
  formula: "exact text with the published framing formula",
  estimate: "an estimate",
};

function withArticle(quality: string): string {
  return meanings[quality] ?? quality;
}

function routedText({ model, route }: Account, targetModel: string | null): string {
  if (route === null) return "nowhere: nothing reached a provider";
  const renamed = targetModel !== null && targetModel !== model ? `, asked for ${targetModel}` : "";
  return `${model} -> ${route}${renamed}`;
}

function chargedText({ inputTokens, outputTokens, totalTokens, costNanoUsd }: Account): string {
  if (totalTokens === null) return "nothing";
  const cost = costNanoUsd === null ? "no price" : spellCost(costNanoUsd);
  return `${inputTokens} in + ${outputTokens} out = ${totalTokens} tokens, ${cost}`;
}

function seenText({ seen }: StepOutcome): string {
  const text = seen.text.replace(/\s+/g, " ");
  const short = text.length > shownTextMax ? `${text.slice(0, shownTextMax)}...` : text;
  const usage = seen.usage ? `, usage ${seen.usage.input} + ${seen.usage.output}` : ", no usage";
  return seen.model === null ? `, "${text}"` : `, model ${seen.model}${usage}, "${short}"`;
}
