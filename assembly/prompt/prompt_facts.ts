import { equalsAscii } from "../bytes/ascii";
import { highTiles } from "./image_tiles";
import { grownPatches, shrunkPatches } from "./image_patches";

/** Who speaks in a message, as far as chat templates tell them apart. */
export const enum Role {
  Other,
  System,
  User,
  Assistant,
  Tool,
  /** What tools were called before there were several of them. */
  Function,
}

/** The number of roles. */
export const roles: u32 = 6;

/** The longest role that a template knows. */
export const roleBytesMax: u32 = 16;

export function roleByName(ptr: usize, bytes: u32): Role {
  if (equalsAscii(ptr, bytes, "user")) return Role.User;
  if (equalsAscii(ptr, bytes, "assistant")) return Role.Assistant;
  if (equalsAscii(ptr, bytes, "system")) return Role.System;
  if (equalsAscii(ptr, bytes, "developer")) return Role.System;
  if (equalsAscii(ptr, bytes, "tool")) return Role.Tool;
  if (equalsAscii(ptr, bytes, "function")) return Role.Function;
  return Role.Other;
}

/** An image whose size is not known, as one behind an address, is taken for a square of this. */
const unknownSidePixels: u32 = 1024;

/**
 * What a prompt consists of, in numbers that hang on no model: how many messages of each role, how
 * many tokens their texts have. `framing.ts` makes of them what a family of models is given, and
 * `image_rules.ts` what its images come to. All sums, so that reading needs no memory of messages.
 */
@unmanaged
export class PromptFacts {
  sawMessages: bool;
  /** The first message is a system message. */
  leadingSystem: bool;
  /** Messages by role: `messagesOf`. */
  private others: u32;
  private systems: u32;
  private users: u32;
  private assistants: u32;
  private tools: u32;
  private functions: u32;
  /** Runs of messages of the role tool, one behind the other. */
  toolRuns: u32;
  /** Messages that call tools and say nothing beside it. */
  silentCalls: u32;
  names: u32;
  /** Calls of tools in messages. */
  calls: u32;

  roleTokens: u64;
  nameTokens: u64;
  contentTokens: u64;
  /** Names and arguments of calls. */
  callTokens: u64;
  /** What models thought before they answered: of all messages, and behind the last user's. */
  reasoningTokens: u64;
  latestReasoningTokens: u64;
  reasonings: u32;
  latestReasonings: u32;

  /** Tools that the model may call, and what describing them comes to. */
  toolsGiven: u32;
  toolTokens: u64;
  /** The form that the answer must have. */
  formatTokens: u64;
  /** `tool_choice`: none of the tools, or one by its name. */
  choosesNone: bool;
  choosesTool: bool;
  choiceTokens: u64;

  /** Images to be looked at coarsely, and others; and the parts that the others are cut into. */
  lowImages: u32;
  highImages: u32;
  tiles: u64;
  patches: u64;
  cells: u64;
  audioTokens: u64;

  // The message at hand.
  private role: Role;
  private lastRole: Role;
  private hasText: bool;
  private messageCalls: u32;
  private messageReasoningTokens: u64;
  private messageReasons: bool;

  /** Tokens so far of the texts that every family of models is given. */
  get givenTokens(): u64 {
    return this.contentTokens + this.callTokens;
  }

  messagesOf(role: Role): u32 {
    return load<u32>(this.countOf(role));
  }

  openMessage(): void {
    this.role = Role.Other;
    this.hasText = false;
    this.messageCalls = 0;
    this.messageReasoningTokens = 0;
    this.messageReasons = false;
  }

  setRole(role: Role): void {
    this.role = role;
  }

  addContent(tokens: u64, hasText: bool): void {
    this.contentTokens += tokens;
    if (hasText) this.hasText = true;
  }

  addReasoning(tokens: u64): void {
    this.messageReasoningTokens += tokens;
    this.messageReasons = true;
  }

  addCall(): void {
    this.messageCalls += 1;
  }

  closeMessage(): void {
    const role = this.role;
    const isFirst = this.messages() == 0;
    const place = this.countOf(role);
    store<u32>(place, load<u32>(place) + 1);
    if (isFirst && role == Role.System) this.leadingSystem = true;
    if (role == Role.Tool && (isFirst || this.lastRole != Role.Tool)) this.toolRuns += 1;
    this.lastRole = role;
    this.calls += this.messageCalls;
    if (this.messageCalls != 0 && !this.hasText) this.silentCalls += 1;
    this.closeReasoning(role);
  }

  /** An image of this size in pixels; of size 0 where it is not known. */
  addImage(width: u32, height: u32, isLow: bool): void {
    if (isLow) this.lowImages += 1;
    else this.highImages += 1;
    if (width == 0 || height == 0) {
      width = unknownSidePixels;
      height = unknownSidePixels;
    }
    if (!isLow) this.tiles += highTiles(width, height);
    this.patches += shrunkPatches(width, height);
    this.cells += grownPatches(width, height);
  }

  private closeReasoning(role: Role): void {
    if (role == Role.User) {
      this.latestReasonings = 0;
      this.latestReasoningTokens = 0;
    }
    if (!this.messageReasons) return;
    this.reasonings += 1;
    this.reasoningTokens += this.messageReasoningTokens;
    this.latestReasonings += 1;
    this.latestReasoningTokens += this.messageReasoningTokens;
  }

  private messages(): u32 {
    let sum: u32 = 0;
    for (let role: u32 = 0; role < roles; role++) sum += this.messagesOf(role);
    return sum;
  }

  private countOf(role: Role): usize {
    return changetype<usize>(this) + offsetof<PromptFacts>("others") + ((<usize>role) << 2);
  }
}
