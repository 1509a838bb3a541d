import { Framing } from "./framing_names";
import { FramingRule, Reasoning, ruleOf } from "./framing_rules";
import { PromptFacts, Role, roles } from "./prompt_facts";

/**
 * Tokens of a prompt as a family of models is given it: its texts, as far as the family's template
 * passes them on, and what the template lays around them. Tools are apart (`toolingTokens`).
 */
export function framedTokens(facts: PromptFacts, framing: Framing): u64 {
  const rule = ruleOf(framing);
  let tokens = <i64>(facts.contentTokens + facts.callTokens);
  if (rule.writesRole) tokens += <i64>facts.roleTokens;
  if (rule.writesName) tokens += <i64>facts.nameTokens + <i64>facts.names * rule.name;
  tokens += reasoningTokens(facts, rule);
  if (facts.sawMessages) tokens += rule.base + rule.primer;
  for (let role: u32 = 0; role < roles; role++) {
    tokens += <i64>facts.messagesOf(role) * rule.messageTokens(role);
  }
  if (facts.leadingSystem) tokens += rule.leadingSystem;
  tokens += <i64>facts.toolRuns * rule.toolRun;
  tokens += <i64>facts.calls * rule.call;
  tokens += <i64>facts.silentCalls * rule.silentCall;
  return <u64>max<i64>(tokens, 0);
}

/** Tokens by which a family is told of the tools it may call and the form of its answer. */
export function toolingTokens(facts: PromptFacts, framing: Framing): u64 {
  const rule = ruleOf(framing);
  let tokens: i64 = facts.toolTokens;
  if (rule.tellsFormat) tokens += <i64>facts.formatTokens;
  if (facts.toolsGiven != 0) {
    tokens += rule.tools + <i64>facts.toolsGiven * rule.eachTool;
    if (facts.messagesOf(Role.System) != 0) tokens += rule.toolsWithSystem;
  }
  if (facts.choosesNone) tokens += rule.choosesNone;
  if (facts.choosesTool && rule.choosesTool != 0)
    tokens += <i64>facts.choiceTokens + rule.choosesTool;
  return <u64>max<i64>(tokens, 0);
}

function reasoningTokens(facts: PromptFacts, rule: FramingRule): i64 {
  switch (rule.reasoning) {
    case Reasoning.All:
      return <i64>facts.reasoningTokens + <i64>facts.reasonings * rule.reasoningFrame;
    case Reasoning.Latest:
      return <i64>facts.latestReasoningTokens + <i64>facts.latestReasonings * rule.reasoningFrame;
    default:
      return 0;
  }
}
