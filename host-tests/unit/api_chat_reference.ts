/**
 * Plain models of what a chat request and its answer say, over documents that `JSON.parse` made.
 * The counts are the reference encoder's.
 */
import { type UsageFacts, usageKeys } from "./api_module.ts";
import { type ReferenceName, referenceCount } from "./bpe_module.ts";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

const imageTokens = { low: 85, high: 765 };
const bytesPerToken = 4;
/** A value of an unknown member up to this size is a setting, and no part of the prompt. */
const settingBytesMax = 64;
/** An answer's number of tokens above it is taken for none. */
const usageTokensMax = 1_000_000_000n;

export interface PromptCount {
  tokens: number;
  /** Beside the tokens: images and sound, and about what everything that is not read comes to. */
  mediaTokens: number;
  unreadTokens: number;
  estimated: boolean;
  /** Every text that is counted, in the order of the document. */
  texts: string[];
}

/**
 * What a request's prompt comes to, of a body that was written without white space, but for tools
 * and their like. These are unread where nothing is counted.
 */
export function promptOf(body: JsonObject, counted: boolean): PromptCount {
  const count = { tokens: 0, mediaTokens: 0, unreadTokens: 0, estimated: false, texts: [] };
  for (const [name, value] of Object.entries(body)) {
    if (["tools", "functions"].includes(name)) noteContainer(count, value);
    if (name === "response_format" && !(counted && isFormless(value))) noteContainer(count, value);
    if (name === "messages") countMessages(count, value);
  }
  const unread = { known: 0, unknown: 0 };
  const { tools, functions, response_format, ...rest } = body;
  addUnread(counted ? rest : body, chatLevel, unread);
  if (unread.unknown > 0) count.estimated = true;
  count.unreadTokens = Math.ceil((unread.known + unread.unknown) / bytesPerToken);
  return count;
}

function isFormless(format: Json): boolean {
  return isObject(format) && Object.keys(format).every((name) => name === "type");
}

/** The members that are known of an object, or those of the objects in an array. */
interface Level {
  isArray?: boolean;
  members: Record<string, Level | undefined>;
}

function level(known: string, inner: Record<string, Level> = {}): Level {
  const names = known === "" ? [] : known.split(" ");
  return { members: { ...Object.fromEntries(names.map((name) => [name, undefined])), ...inner } };
}

const functionLevel = level("name arguments input");
const partLevel = level("text refusal file audio_url video_url", {
  image_url: level("detail url"),
  input_audio: level("data"),
});
const messageLevel = level("role name refusal reasoning_content reasoning audio", {
  content: { ...partLevel, isArray: true },
  tool_calls: {
    ...level("", { function: functionLevel, custom: functionLevel }),
    isArray: true,
  },
  function_call: functionLevel,
});
const chatLevel = level(
  "model stream max_tokens max_completion_tokens tools functions response_format models fallbacks",
  {
    stream_options: level("include_usage"),
    messages: { ...messageLevel, isArray: true },
    tool_choice: level("name", { function: level("name") }),
    function_call: level("name", { function: level("name") }),
  },
);

/** Adds up the bytes of containers that are known but not looked into, and of unknown values. */
function addUnread(value: JsonObject, { members }: Level, unread: Unread): void {
  for (const [name, member] of Object.entries(value)) {
    const size = Buffer.byteLength(JSON.stringify(member));
    const inner = members[name];
    if (!(name in members)) unread.unknown += size > settingBytesMax ? size : 0;
    else if (inner?.isArray && Array.isArray(member)) {
      for (const element of member) addElement(element, inner, unread);
    } else if (inner && !inner.isArray) addElement(member, inner, unread);
    else if (isContainer(member)) unread.known += size;
  }
}

interface Unread {
  known: number;
  unknown: number;
}

function addElement(value: Json, inner: Level, unread: Unread): void {
  if (isObject(value)) addUnread(value, inner, unread);
  else if (isContainer(value)) unread.known += Buffer.byteLength(JSON.stringify(value));
}

/** Tokens of a prompt, its texts included; without an encoding only the rest. */
export function promptTokens(count: PromptCount, encoding: ReferenceName | undefined): number {
  if (encoding === undefined) return count.tokens;
  return count.texts.reduce((sum, text) => sum + referenceCount(encoding, text), count.tokens);
}

function countMessages(count: PromptCount, value: Json): void {
  if (!isContainer(value)) return;
  count.tokens += 3;
  if (!Array.isArray(value)) return;
  for (const message of value) {
    if (!isContainer(message)) continue;
    count.tokens += 3;
    if (!isObject(message)) continue;
    for (const [name, member] of Object.entries(message)) countMember(count, name, member);
  }
}

const textMembers = ["role", "name", "content", "refusal", "reasoning_content", "reasoning"];
/** What a call of a tool costs beside its texts. */
const callTokens = 3;

function countMember(count: PromptCount, name: string, value: Json): void {
  if (textMembers.includes(name)) {
    if (typeof value === "string") count.texts.push(value);
    if (name === "name" && typeof value === "string") count.tokens += 1;
    if (name === "content" && Array.isArray(value)) for (const part of value) addPart(count, part);
  } else if (name === "audio") {
    noteMedia(count, value);
  } else if (name === "tool_calls" || name === "function_call") {
    noteContainer(count, value);
    if (name === "function_call") addCall(count, value, [value]);
    else if (Array.isArray(value)) {
      for (const call of value)
        addCall(count, call, isObject(call) ? Object.values(called(call)) : []);
    }
  }
}

function addPart(count: PromptCount, part: Json): void {
  if (typeof part === "string") count.texts.push(part);
  if (!isObject(part)) return;
  for (const [name, value] of Object.entries(part)) {
    if (["text", "refusal"].includes(name) && typeof value === "string") count.texts.push(value);
    if (["input_audio", "file", "audio_url", "video_url"].includes(name)) noteMedia(count, value);
    if (name === "image_url" && (typeof value === "string" || isContainer(value))) {
      const isLow = isObject(value) && value["detail"] === "low";
      count.mediaTokens += isLow ? imageTokens.low : imageTokens.high;
      count.estimated = true;
    }
    if (name === "input_audio" && isObject(value)) addAudio(count, value["data"] ?? null);
  }
}

/** MP3 at 64 kbit/s, of which each second is ten tokens. */
function addAudio(count: PromptCount, data: Json): void {
  if (typeof data !== "string") return;
  const bytes = Math.floor(((Buffer.byteLength(JSON.stringify(data)) - 2) * 3) / 4);
  count.mediaTokens += Math.ceil(bytes / 800);
}

function called({ function: named = null, custom = null }: JsonObject): Record<string, Json> {
  return { named, custom };
}

function addCall(count: PromptCount, call: Json, functions: Json[]): void {
  if (!isContainer(call)) return;
  count.tokens += callTokens;
  count.estimated = true;
  for (const named of functions) addFunction(count, named);
}

function addFunction(count: PromptCount, called: Json): void {
  if (!isObject(called)) return;
  for (const [name, value] of Object.entries(called)) {
    if (["name", "arguments", "input"].includes(name) && typeof value === "string")
      count.texts.push(value);
  }
}

function noteMedia(count: PromptCount, value: Json): void {
  if (typeof value === "string") count.estimated = true;
  noteContainer(count, value);
}

function noteContainer(count: PromptCount, value: Json): void {
  if (isContainer(value)) count.estimated = true;
}

function isContainer(value: Json): boolean {
  return typeof value === "object" && value !== null;
}

function isObject(value: Json): value is JsonObject {
  return isContainer(value) && !Array.isArray(value);
}

/** One choice of an answer: where it belongs, and its texts by kind and tool call. */
export interface Choice {
  choice: number;
  texts: { kind: string; tool: number; text: string }[];
}

/** Tokens of an answer's texts as a client joins them: each choice, kind and tool call apart. */
export function answerTokens(choices: Choice[], encoding: ReferenceName): number {
  const lanes = new Map<string, string>();
  for (const { choice, texts } of choices) {
    for (const { kind, tool, text } of texts) {
      const lane = `${choice} ${kind} ${tool}`;
      lanes.set(lane, (lanes.get(lane) ?? "") + text);
    }
  }
  return [...lanes.values()].reduce((sum, text) => sum + referenceCount(encoding, text), 0);
}

/** Usage from the raw text of its numbers: the largest plain count of each, if it has one. */
export function usageOf(reported: [keyof UsageFacts, string][]): UsageFacts {
  const usage = Object.fromEntries(usageKeys.map((key) => [key, null])) as UsageFacts;
  for (const [key, raw] of reported) {
    if (!/^[0-9]+$/.test(raw) || BigInt(raw) > usageTokensMax) continue;
    const known = usage[key];
    usage[key] = known === null || BigInt(raw) > known ? BigInt(raw) : known;
  }
  return usage;
}

/** What the total gives away: a missing input or output, and reasoning left out of the output. */
export function derivedFrom(reported: UsageFacts): UsageFacts {
  const usage = { ...reported };
  const { input, output, total } = reported;
  if (total === null) return usage;
  if (input !== null && output === null && total >= input) usage.output = total - input;
  if (output !== null && input === null && total >= output) usage.input = total - output;
  const more = (usage.output ?? 0n) + (usage.reasoning ?? 0n);
  const proven = usage.input !== null && more > (usage.output ?? 0n);
  if (proven && usage.input! + more === total && total > more) usage.output = more;
  return usage;
}
