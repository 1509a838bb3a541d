import { Framing, framings } from "./framing_names";
import { Role, roles } from "./prompt_facts";
import { ToolStyle } from "./tool_style";

/** Which of the thoughts of earlier answers are given back to the model. */
export const enum Reasoning {
  All,
  None,
  /** Only what was thought since the user spoke last. */
  Latest,
}

/**
 * How one family of models wraps a chat into a prompt; all numbers are tokens. What is said of a
 * chat template was measured with that template and the family's own tokenizer;
 * `host-tests/unit/api_framing.test.ts` holds it against recorded renderings.
 */
@unmanaged
export class FramingRule {
  /** Once a prompt, and what primes the answer. */
  base: i32;
  primer: i32;
  /** A message by its role: `messageTokens`. */
  private otherMessage: i32;
  private systemMessage: i32;
  private userMessage: i32;
  private assistantMessage: i32;
  private toolMessage: i32;
  private functionMessage: i32;
  /** The role is written out, and its own tokens count beside these. */
  writesRole: bool;
  /** Names of authors are written out, and each costs so much beside its own tokens. */
  writesName: bool;
  name: i32;
  /** Added when the first message is of the system. */
  leadingSystem: i32;

  reasoning: Reasoning;
  /** Around each of those that are given back. */
  reasoningFrame: i32;

  /** A run of tool messages; a call of a tool; a message that calls and says nothing. */
  toolRun: i32;
  call: i32;
  silentCall: i32;

  /** Once where there are tools; what a system message changes of that; each tool. */
  tools: i32;
  toolsWithSystem: i32;
  eachTool: i32;
  toolStyle: ToolStyle;
  /** A part of a tool's schema that is nested: each of its lines. TypeScript only. */
  nestedLine: i32;
  /** `tool_choice`: none, or a tool by its name. */
  choosesNone: i32;
  choosesTool: i32;
  /** The model is told the form that its answer must have; else only its server is. */
  tellsFormat: bool;

  messageTokens(role: Role): i32 {
    return load<i32>(this.placeOf(role));
  }

  setMessage(role: Role, tokens: i32): void {
    store<i32>(this.placeOf(role), tokens);
  }

  setMessages(tokens: i32): void {
    for (let role: u32 = 0; role < roles; role++) this.setMessage(role, tokens);
  }

  private placeOf(role: Role): usize {
    return changetype<usize>(this) + offsetof<FramingRule>("otherMessage") + ((<usize>role) << 2);
  }
}

const rules: usize = heap.alloc(<usize>framings * offsetof<FramingRule>());

export function ruleOf(framing: Framing): FramingRule {
  return changetype<FramingRule>(rules + <usize>framing * offsetof<FramingRule>());
}

memory.fill(rules, 0, <usize>framings * offsetof<FramingRule>());
setNone(ruleOf(Framing.None));
setOpenAi(ruleOf(Framing.OpenAi));
setOpenAi0301(ruleOf(Framing.OpenAi0301));
setOpenAiReasoning(ruleOf(Framing.OpenAiReasoning));
setHarmony(ruleOf(Framing.Harmony));
setChatMl(ruleOf(Framing.ChatMl));
setLlama3(ruleOf(Framing.Llama3));
setLlama31(ruleOf(Framing.Llama31));
setDeepSeek(ruleOf(Framing.DeepSeek));
setDeepSeek31(ruleOf(Framing.DeepSeek31));
setMistral(ruleOf(Framing.Mistral));
setGemma(ruleOf(Framing.Gemma));

/** The texts alone. What it gives of tools is their JSON. */
function setNone(rule: FramingRule): void {
  rule.toolStyle = ToolStyle.Json;
  rule.tellsFormat = true;
}

/**
 * OpenAI's cookbook, "How to count tokens with tiktoken": 3 for each message, 1 more for its name,
 * 3 that prime the answer. What concerns tools was found by others (github.com/hmarr/
 * openai-chat-tokens): 9 and the namespace's own 7, less 4 beside a system message.
 */
function setOpenAi(rule: FramingRule): void {
  rule.primer = 3;
  rule.setMessages(3);
  rule.setMessage(Role.Function, 1);
  rule.writesRole = true;
  rule.writesName = true;
  rule.name = 1;
  rule.call = 3;
  rule.tools = 16;
  rule.toolsWithSystem = -4;
  rule.toolStyle = ToolStyle.TypeScript;
  rule.choosesNone = 1;
  rule.choosesTool = 4;
  rule.tellsFormat = true;
}

/** gpt-3.5-turbo-0301, where a name stands in place of its role (same notebook). */
function setOpenAi0301(rule: FramingRule): void {
  setOpenAi(rule);
  rule.setMessages(4);
  rule.setMessage(Role.Function, 2);
  rule.name = -1;
}

/**
 * o1, o3, o4 and gpt-5: two tokens prime the answer, earlier answers name their channel, tools
 * cost 8 more. From counts of the API that npm ai-tokenizer publishes with its models.
 */
function setOpenAiReasoning(rule: FramingRule): void {
  setOpenAi(rule);
  rule.primer = 2;
  rule.setMessage(Role.Assistant, 5);
  rule.tools = 24;
}

/**
 * gpt-oss (openai/harmony): a system message of 61 tokens always comes first, and what the client
 * calls system is a developer's instructions. A message that only calls is the call itself.
 */
function setHarmony(rule: FramingRule): void {
  rule.base = 61;
  rule.primer = 2;
  rule.setMessages(3);
  rule.setMessage(Role.System, 6);
  rule.setMessage(Role.Assistant, 5);
  rule.setMessage(Role.Tool, 11);
  rule.setMessage(Role.Function, 11);
  rule.writesRole = true;
  rule.reasoning = Reasoning.Latest;
  rule.reasoningFrame = 6;
  rule.call = 13;
  rule.silentCall = -6;
  rule.tools = 31;
  rule.toolsWithSystem = -4;
  rule.toolStyle = ToolStyle.TypeScript;
  rule.nestedLine = 2;
}

/** Qwen 3's template, and ChatML in general; no system message unless the client sends one. */
function setChatMl(rule: FramingRule): void {
  rule.primer = 3;
  rule.setMessages(4);
  rule.writesRole = true;
  rule.reasoning = Reasoning.Latest;
  rule.reasoningFrame = 4; // the line feed behind a thought joins its full stop
  rule.toolRun = 4;
  rule.call = 10;
  rule.tools = 83;
  rule.toolsWithSystem = -5;
  rule.toolStyle = ToolStyle.Json;
}

/** Llama 3.0's template: a header with the role, two line feeds, and an end. */
function setLlama3(rule: FramingRule): void {
  rule.base = 1;
  rule.primer = 4;
  rule.setMessages(4);
  rule.writesRole = true;
  rule.reasoning = Reasoning.None;
  rule.call = 9;
  rule.toolStyle = ToolStyle.Indented;
}

/** Llama 3.1 to 3.3: a system message with two dates comes first, in which the client's goes. */
function setLlama31(rule: FramingRule): void {
  setLlama3(rule);
  rule.base = 26;
  rule.leadingSystem = -5;
  rule.tools = 56;
}

/** DeepSeek V3 and R1: roles are single tokens, and the system's text comes first, unframed. */
function setDeepSeek(rule: FramingRule): void {
  rule.base = 1;
  rule.primer = 1;
  rule.setMessage(Role.User, 1);
  rule.setMessage(Role.Assistant, 2);
  rule.setMessage(Role.Tool, 2);
  rule.setMessage(Role.Function, 2);
  rule.reasoning = Reasoning.None;
  rule.toolRun = 2;
  rule.call = 9;
  rule.toolStyle = ToolStyle.Json;
}

/** DeepSeek V3.1 and later: an answer without thoughts says so. */
function setDeepSeek31(rule: FramingRule): void {
  setDeepSeek(rule);
  rule.primer = 2;
  rule.setMessage(Role.Assistant, 3);
  rule.toolRun = 0;
  rule.call = 4;
  rule.tools = 72;
}

/** Mistral's instruct format with Tekken (mistral-common), where the system has tokens since V7. */
function setMistral(rule: FramingRule): void {
  rule.base = 1;
  rule.setMessage(Role.System, 2);
  rule.setMessage(Role.User, 2);
  rule.setMessage(Role.Assistant, 1);
  rule.setMessage(Role.Tool, 16);
  rule.setMessage(Role.Function, 16);
  rule.reasoning = Reasoning.None;
  rule.call = 18;
  rule.tools = 3;
  rule.eachTool = 1;
  rule.toolStyle = ToolStyle.Json;
}

/** Gemma 2 and 3: turns of user and model; the system's text goes into the first of them. */
function setGemma(rule: FramingRule): void {
  rule.base = 1;
  rule.primer = 3;
  rule.setMessages(5);
  rule.leadingSystem = -4;
  rule.reasoning = Reasoning.None;
  rule.toolStyle = ToolStyle.Json;
}
