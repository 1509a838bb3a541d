import { TextCounter } from "../bpe/counter";
import { Encoding } from "../bpe/encoding";
import { equalsAscii } from "../bytes/ascii";
import { Payer } from "../memo/payer";
import { JsonEvent, JsonScanner } from "../json/scanner";
import { Framing } from "../prompt/framing_names";
import { ruleOf } from "../prompt/framing_rules";
import { roleByName, roleBytesMax } from "../prompt/prompt_facts";
import { MediaHeader, newMediaHeader } from "./media_header";
import { RequestField } from "./openai_chat_shape";
import { LlmRequest } from "./request";
import { newToolMemo, ToolMemo } from "./tool_memo";
import { Place } from "./tool_places";
import { newToolText, ToolText } from "./tool_text";
import { Walker } from "./walker";

/** What OpenAI's audio models hear in a second, per its pricing: a token each 100 ms. */
const audioTokensPerSecond: u64 = 10;
/** MP3 at 64 kbit/s, where the header does not say it; and what a WAVE header can say. */
const audioBytesPerSecond: u32 = 8000;
const waveBytesPerSecondMin: u32 = 2000;
const waveBytesPerSecondMax: u32 = 1_536_000;

/**
 * Reads what is in a prompt beside its texts: who speaks, images and sound, tools and their choice.
 * The reader of the request hands on what it meets by its field.
 */
@unmanaged
export class PromptParts {
  /** The start of a short text (role, detail, choice) that is compared as a whole. */
  private kept0: u64;
  private kept1: u64;
  private keptBytes: u32;
  private isLow: bool;
  private isOpen: bool;
  private request: LlmRequest;
  private encoding: Encoding;
  private words: TextCounter;
  /** Made at the first need, and kept. */
  private media: MediaHeader | null;
  private tools: ToolText | null;
  /** What the elements of a list come to is remembered one by one. */
  private memo: ToolMemo | null;
  private remembers: bool;
  private inList: bool;
  private framing: Framing;

  /**
   * For a new request. Without an encoding roles are told apart, and nothing is counted. What tools
   * come to is remembered for the payer.
   */
  start(request: LlmRequest, encoding: Encoding, framing: Framing, payer: Payer | null): void {
    this.request = request;
    this.encoding = encoding;
    this.framing = framing;
    this.isOpen = false;
    this.words.dispose();
    this.words.start(encoding);
    this.remembers = payer !== null && encoding != Encoding.None;
    if (payer === null || encoding == Encoding.None) return;
    const kept = this.memo;
    const memo = kept !== null ? kept : newToolMemo();
    memo.setPayer(payer);
    this.memo = memo;
  }

  /** At a text's opening: true when it is of these parts, and then wanted. */
  textOpen(walker: Walker): bool {
    switch (walker.field) {
      case RequestField.Image:
        this.openImage();
        this.startMedia(false);
        break;
      case RequestField.ImageUrl:
        this.startMedia(false);
        break;
      case RequestField.AudioData:
        this.startMedia(true);
        break;
      case RequestField.Role:
      case RequestField.ImageDetail:
      case RequestField.ToolChoice:
        break;
      case RequestField.ChosenName:
        if (this.encoding == Encoding.None) return true;
        break;
      default:
        return false;
    }
    this.keptBytes = 0;
    walker.wantText();
    return true;
  }

  /** A piece of such a text; false where it is of another. */
  text(field: i32, scanner: JsonScanner): bool {
    const ptr = scanner.textPtr;
    const bytes = scanner.textBytes;
    switch (field) {
      case RequestField.Image:
      case RequestField.ImageUrl:
      case RequestField.AudioData: {
        const media = this.media;
        if (media !== null) media.feed(ptr, bytes);
        return true;
      }
      case RequestField.Role:
        if (this.encoding != Encoding.None) this.words.feed(ptr, bytes);
        this.keep(ptr, bytes);
        return true;
      case RequestField.ChosenName:
        this.words.feed(ptr, bytes);
        return true;
      case RequestField.ImageDetail:
      case RequestField.ToolChoice:
        this.keep(ptr, bytes);
        return true;
      default:
        return false;
    }
  }

  /** The end of such a text; false where it was another. */
  textClose(field: i32, scanner: JsonScanner): bool {
    switch (field) {
      case RequestField.Image:
        this.closeImage();
        return true;
      case RequestField.ImageUrl:
        return true;
      case RequestField.AudioData:
        this.closeAudio(scanner.tokenEnd - scanner.tokenStart - 2);
        return true;
      case RequestField.Role:
        this.closeRole(scanner.tokenEnd - scanner.tokenStart - 2);
        return true;
      case RequestField.ImageDetail:
        this.isLow = this.keptIs("low");
        return true;
      case RequestField.ToolChoice:
        this.request.choosesNone = this.keptIs("none");
        return true;
      case RequestField.ChosenName:
        this.request.choosesTool = true;
        this.request.choiceTokens = this.countedWords();
        return true;
      default:
        return false;
    }
  }

  /** An image's object, or its address as a plain text, begins. */
  openImage(): void {
    this.isLow = false;
    this.isOpen = true;
    const media = this.media;
    if (media !== null) media.start(false);
  }

  closeImage(): void {
    const media = this.media;
    if (!this.isOpen) return;
    this.isOpen = false;
    this.request.estimated = true;
    if (media !== null) media.finish();
    const width = media !== null ? media.width : 0;
    this.request.addImage(width, media !== null ? media.height : 0, this.isLow);
  }

  /** The walker stands behind the opening of a tree (`Walker.readsTrees`). */
  openTree(walker: Walker, isObject: bool): void {
    const kept = this.tools;
    const tools = kept !== null ? kept : newToolText();
    this.tools = tools;
    const rule = ruleOf(this.framing);
    tools.start(this.encoding, rule.toolStyle, rule.nestedLine);
    const place = placeOf(walker.field);
    tools.begin(place);
    const memo = this.memo;
    this.inList = this.remembers && !isObject;
    if (this.remembers && memo !== null) {
      memo.start(this.encoding, place, rule.toolStyle, rule.nestedLine);
      if (place == Place.Format) return walker.wantRawContainer();
    }
    tools.take(isObject ? JsonEvent.ObjectOpen : JsonEvent.ArrayOpen, walker.scanner);
  }

  tree(walker: Walker): void {
    const event = walker.treeEvent;
    const opens = event == JsonEvent.ObjectOpen || event == JsonEvent.ArrayOpen;
    if (this.inList && opens && walker.depthInTree == 1) return walker.wantRawContainer();
    const tools = this.tools;
    if (tools !== null) tools.take(event, walker.scanner);
  }

  /** Bytes of what was wanted raw: a tool, or all of a response format. */
  raw(walker: Walker, ends: bool): void {
    const tools = this.tools;
    const memo = this.memo;
    if (tools === null || memo === null) return;
    memo.feed(walker.rawPtr, walker.rawBytes, ends, tools);
    if (ends && walker.field == RequestField.ResponseFormat) this.endTree(walker, tools);
  }

  closeTree(walker: Walker): void {
    const tools = this.tools;
    if (tools === null) return;
    tools.take(walker.treeEvent, walker.scanner);
    this.endTree(walker, tools);
  }

  private endTree(walker: Walker, tools: ToolText): void {
    tools.end();
    if (walker.field == RequestField.ResponseFormat) {
      this.request.formatTokens += tools.tokens;
      if (tools.tokens != 0) this.request.estimated = true;
    } else {
      this.request.toolsGiven += tools.tools;
      this.request.toolTokens += tools.tokens;
      this.request.estimated = true;
    }
  }

  dispose(): void {
    this.words.dispose();
    heap.free(changetype<usize>(this.words));
    const media = this.media;
    if (media !== null) media.dispose();
    const tools = this.tools;
    if (tools !== null) tools.dispose();
    const memo = this.memo;
    if (memo !== null) memo.dispose();
    heap.free(changetype<usize>(this));
  }

  init(): PromptParts {
    memory.fill(changetype<usize>(this), 0, offsetof<PromptParts>());
    this.words = changetype<TextCounter>(heap.alloc(offsetof<TextCounter>()));
    this.words.start(Encoding.None);
    return this;
  }

  private startMedia(bare: bool): void {
    const kept = this.media;
    const media = kept !== null ? kept : newMediaHeader();
    media.start(bare);
    this.media = media;
  }

  private keep(ptr: usize, bytes: u32): void {
    const place = changetype<usize>(this) + offsetof<PromptParts>("kept0");
    const room = roleBytesMax - min(this.keptBytes, roleBytesMax);
    memory.copy(place + roleBytesMax - room, ptr, min(bytes, room));
    this.keptBytes += bytes;
  }

  private keptIs(word: string): bool {
    const place = changetype<usize>(this) + offsetof<PromptParts>("kept0");
    return equalsAscii(place, this.keptBytes, word);
  }

  private closeRole(rawBytes: u32): void {
    const request = this.request;
    const place = changetype<usize>(this) + offsetof<PromptParts>("kept0");
    request.textBytes += rawBytes;
    if (this.keptBytes <= roleBytesMax) request.setRole(roleByName(place, this.keptBytes));
    request.roleTokens += this.countedWords();
  }

  private countedWords(): u64 {
    if (this.encoding == Encoding.None) return 0;
    const tokens = this.words.finish();
    if (!this.words.exact) this.request.estimated = true;
    this.words.start(this.encoding);
    return tokens;
  }

  private closeAudio(base64Bytes: u32): void {
    const media = this.media;
    if (media !== null) media.finish();
    let perSecond = media !== null ? media.bytesPerSecond : 0;
    const isWave = perSecond >= waveBytesPerSecondMin && perSecond <= waveBytesPerSecondMax;
    if (!isWave) perSecond = audioBytesPerSecond;
    const bytes = (<u64>base64Bytes * 3) >> 2;
    const tokens = (bytes * audioTokensPerSecond + perSecond - 1) / perSecond;
    this.request.audioTokens += tokens;
    this.request.estimated = true;
  }
}

function placeOf(field: i32): Place {
  if (field == RequestField.ResponseFormat) return Place.Format;
  return field == RequestField.Functions ? Place.Functions : Place.Tools;
}

export function newPromptParts(): PromptParts {
  return changetype<PromptParts>(heap.alloc(offsetof<PromptParts>())).init();
}
