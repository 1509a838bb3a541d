/**
 * Whether a step went as it should: the gateway's books against the tour's own count, which is made
 * with another encoder from what the client sent and got.
 */
import { promptTokens, textTokens } from "../mock/encodings.ts";
import type { Account } from "./account.ts";
import type { Seen, TourStep } from "./steps.ts";

/** Everything that is wrong with a step; empty when nothing is. */
export function complaintsAbout(step: TourStep, account: Account, seen: Seen): string[] {
  const { ending, status } = step.expected;
  const wanted: [what: string, is: unknown, should: unknown][] = [
    ["ending", account.ending, ending],
    ["status", account.status, status],
    ["the client's status", seen.status, status],
  ];
  if (status === 200 && step.messages) wanted.push(...countsOf(step, step.messages, account, seen));
  if (status !== 200) wanted.push(["cost", account.costNanoUsd ?? 0, 0]);
  return wanted
    .filter(([, is, should]) => is !== should)
    .map(([what, is, should]) => `${what} is ${String(is)}, not ${String(should)}`);
}

function countsOf(
  step: TourStep,
  messages: { role: string; content: string }[],
  account: Account,
  seen: Seen,
): [string, unknown, unknown][] {
  const model = account.model ?? "";
  const input = seen.usage?.input ?? promptTokens(model, messages);
  const output = seen.usage?.output ?? textTokens(model, seen.text);
  return [
    ["the model's name in the answer", seen.model, step.model],
    ["prompt tokens", account.promptTokens, promptTokens(model, messages)],
    ["input tokens", account.inputTokens, input],
    ["output tokens", account.outputTokens, output],
    ["total tokens", account.totalTokens, input + output],
  ];
}
