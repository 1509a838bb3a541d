import { laneBacklogBytesMax } from "../bounds";
import { Encoding } from "../bpe/encoding";
import { parseDecimalU64 } from "../bytes/decimal";
import { ByteWriter, newByteWriter } from "../bytes/writer";
import { laneKey, Lanes, newLanes, TextKind } from "./lanes";
import { chatResponseShape, ResponseField } from "./openai_chat_shape";
import { newUsage, Usage, UsageKind } from "./usage";
import { isRoot, Walker, WalkEvent } from "./walker";

/** What one call to `ChatResponseReader.next()` found that its caller must act on. */
export const enum ResponseFind {
  /** The fed bytes are used up. */
  More,
  /** The value of the document's own `model` begins, or has ended, at the scanner's token. */
  ModelOpen,
  ModelClose,
  /** A piece of delivered text: `pieceKind`, and the scanner's text. */
  Piece,
  /** The document's own `usage` is null: from the name's quote to behind the value. */
  UsageNull,
  /** The document's closing brace was read. */
  RootClose,
  /** Not JSON from here on, or the document is over. */
  End,
}

const noIndex: u32 = u32.MAX_VALUE;

/**
 * Bytes before each backlog entry: kind and tool index (16 bits), a surrogate (16 bits), length. An
 * entry of no text stands for a string's end, and its surrogate is the one that string ended with.
 */
const backlogHeadBytes: u32 = 8;

/**
 * Reads chat completion documents: one JSON answer, or one after the other from the events of a
 * stream. Usage and the counts of delivered text add up over all of them.
 */
@unmanaged
export class ChatResponseReader {
  usage: Usage;
  lanes: Lanes;
  pieceKind: TextKind;
  /** Of the current document: it reports usage; it says anything else that a client may want. */
  hasUsage: bool;
  hasContent: bool;
  /** Text came after the last document with usage, which therefore did not know of it. */
  usageStale: bool;

  private walker: Walker;
  private choicePosition: u32;
  private choiceIndex: u32;
  private toolPosition: u32;
  private toolIndex: u32;
  private firstPiece: bool;
  private number: u64;
  /** Text of a choice whose index is not known yet. */
  private backlog: ByteWriter;

  start(walker: Walker, encoding: Encoding): void {
    this.walker = walker;
    this.usage.reset();
    this.lanes.start(encoding);
    this.backlog.reset();
    this.usageStale = false;
    this.startDocument();
  }

  startDocument(): void {
    this.flushBacklog(); // of a document that broke off inside a choice
    this.walker.start(chatResponseShape);
    this.hasUsage = false;
    this.hasContent = false;
    this.choicePosition = 0;
    this.toolPosition = 0;
    this.choiceIndex = noIndex;
    this.toolIndex = noIndex;
    this.firstPiece = false;
  }

  feed(ptr: usize, bytes: u32): void {
    this.walker.feed(ptr, bytes);
  }

  next(): ResponseFind {
    while (true) {
      const event = this.walker.next();
      if (event == WalkEvent.More) return ResponseFind.More;
      const find = this.take(event);
      if (find != ResponseFind.More) return find;
    }
  }

  /** Own count of all text delivered. Ends the count. */
  outputTokens(): u64 {
    this.flushBacklog();
    return this.lanes.finish();
  }

  dispose(): void {
    this.lanes.dispose();
    this.backlog.dispose();
    heap.free(changetype<usize>(this.backlog));
    heap.free(changetype<usize>(this.lanes));
    heap.free(changetype<usize>(this.usage));
    heap.free(changetype<usize>(this));
  }

  init(): ChatResponseReader {
    this.usage = newUsage();
    this.lanes = newLanes();
    this.backlog = newByteWriter(0, laneBacklogBytesMax);
    return this;
  }

  private take(event: WalkEvent): ResponseFind {
    switch (event) {
      case WalkEvent.ObjectOpen:
      case WalkEvent.ArrayOpen:
        this.open(event == WalkEvent.ObjectOpen);
        return ResponseFind.More;
      case WalkEvent.ObjectClose:
      case WalkEvent.ArrayClose:
        return this.close();
      case WalkEvent.TextOpen:
        return this.textOpen();
      case WalkEvent.Text:
        return this.text();
      case WalkEvent.TextClose:
        return this.textClose();
      case WalkEvent.Number:
        this.readNumber();
        return ResponseFind.More;
      case WalkEvent.Null:
        return this.isRootMember(ResponseField.Usage) ? ResponseFind.UsageNull : ResponseFind.More;
      case WalkEvent.Done:
      case WalkEvent.Fail:
        return ResponseFind.End;
      default:
        return ResponseFind.More;
    }
  }

  private isRootMember(field: ResponseField): bool {
    return this.walker.field == field;
  }

  private open(isObject: bool): void {
    switch (this.walker.field) {
      case ResponseField.Usage:
        if (isObject) this.hasUsage = true;
        break;
      case ResponseField.Choice:
        this.choiceIndex = noIndex;
        this.toolPosition = 0;
        break;
      case ResponseField.ToolCall:
        this.hasContent = true;
        this.toolIndex = noIndex;
        break;
      default:
    }
  }

  private close(): ResponseFind {
    const walker = this.walker;
    switch (walker.field) {
      case ResponseField.Message:
        if (walker.members != 0) this.hasContent = true;
        break;
      case ResponseField.Choice:
        if (walker.unknown != 0) this.hasContent = true;
        this.flushBacklog();
        this.choicePosition += 1;
        break;
      case ResponseField.ToolCall:
        this.toolPosition += 1;
        break;
      default:
        if (!isRoot(walker)) return ResponseFind.More;
        if (walker.unknown != 0) this.hasContent = true;
        if (this.hasUsage) this.usageStale = false;
        return ResponseFind.RootClose;
    }
    return ResponseFind.More;
  }

  private textOpen(): ResponseFind {
    switch (this.walker.field) {
      case ResponseField.Model:
        return ResponseFind.ModelOpen;
      case ResponseField.FinishReason:
      case ResponseField.Role:
        this.hasContent = true;
        return ResponseFind.More;
      case ResponseField.Content:
        return this.wantPieces(TextKind.Content);
      case ResponseField.Refusal:
        return this.wantPieces(TextKind.Refusal);
      case ResponseField.Reasoning:
        return this.wantPieces(TextKind.Reasoning);
      case ResponseField.ToolText:
        return this.wantPieces(TextKind.ToolCall);
      default:
        return ResponseFind.More;
    }
  }

  private wantPieces(kind: TextKind): ResponseFind {
    this.pieceKind = kind;
    this.firstPiece = true;
    this.walker.wantText();
    return ResponseFind.More;
  }

  private text(): ResponseFind {
    const scanner = this.walker.scanner;
    if (scanner.textBytes == 0) return ResponseFind.More;
    this.hasContent = true;
    this.usageStale = true;
    const leadingLow: u16 = this.firstPiece ? scanner.leadingLowSurrogate : 0;
    this.firstPiece = false;
    const isKnown = this.choiceIndex != noIndex;
    if (isKnown || !this.keep(scanner.textPtr, scanner.textBytes, leadingLow)) {
      this.lanes.add(this.key(), scanner.textPtr, scanner.textBytes, leadingLow);
    }
    return ResponseFind.Piece;
  }

  private textClose(): ResponseFind {
    const field = this.walker.field;
    if (field == ResponseField.Model) return ResponseFind.ModelClose;
    const high = this.walker.scanner.trailingHighSurrogate;
    if (high == 0) return ResponseFind.More;
    if (this.choiceIndex != noIndex || !this.keep(0, 0, high)) {
      this.lanes.endString(this.key(), high);
    }
    return ResponseFind.More;
  }

  /** Index of the choice at hand; its position as long as the index has not been read. */
  get choice(): u32 {
    return this.choiceIndex == noIndex ? this.choicePosition : this.choiceIndex;
  }

  private key(): u32 {
    const choice = this.choice;
    const isTool = this.pieceKind == TextKind.ToolCall;
    const tool = this.toolIndex == noIndex ? this.toolPosition : this.toolIndex;
    return laneKey(choice, this.pieceKind, isTool ? tool : 0);
  }

  /** Puts text aside until its choice's index is read; false when there is no more room. */
  private keep(ptr: usize, bytes: u32, surrogate: u16): bool {
    const backlog = this.backlog;
    const entry = backlog.reserve(bytes + backlogHeadBytes);
    if (!entry) {
      this.choiceIndex = this.choicePosition;
      this.flushBacklog();
      return false;
    }
    store<u16>(entry, <u16>this.key());
    store<u16>(entry, surrogate, 2);
    store<u32>(entry, bytes, 4);
    memory.copy(entry + backlogHeadBytes, ptr, bytes);
    backlog.bytes += bytes + backlogHeadBytes;
    return true;
  }

  private flushBacklog(): void {
    const backlog = this.backlog;
    const choice = this.choice;
    for (let at: u32 = 0; at < backlog.bytes;) {
      const entry = backlog.ptr + at;
      const bytes = load<u32>(entry, 4);
      const key = laneKey(choice, TextKind.Content, 0) | load<u16>(entry);
      const surrogate = load<u16>(entry, 2);
      if (bytes == 0) this.lanes.endString(key, surrogate);
      else this.lanes.add(key, entry + backlogHeadBytes, bytes, surrogate);
      at += bytes + backlogHeadBytes;
    }
    backlog.reset();
  }

  private readNumber(): void {
    const scanner = this.walker.scanner;
    const slot = changetype<usize>(this) + offsetof<ChatResponseReader>("number");
    if (scanner.numberOverflowed) return;
    if (!parseDecimalU64(scanner.numberPtr, scanner.numberBytes, slot)) return;
    const value = this.number;
    switch (this.walker.field) {
      case ResponseField.PromptTokens:
        this.usage.note(UsageKind.Input, value);
        break;
      case ResponseField.CompletionTokens:
        this.usage.note(UsageKind.Output, value);
        break;
      case ResponseField.TotalTokens:
        this.usage.note(UsageKind.Total, value);
        break;
      case ResponseField.CachedTokens:
        this.usage.note(UsageKind.CachedRead, value);
        break;
      case ResponseField.CacheWriteTokens:
        this.usage.note(UsageKind.CacheWrite, value);
        break;
      case ResponseField.ReasoningTokens:
        this.usage.note(UsageKind.Reasoning, value);
        break;
      case ResponseField.Index:
        this.choiceIndex = <u32>min<u64>(value, 0xffff);
        break;
      case ResponseField.ToolIndex:
        this.toolIndex = <u32>min<u64>(value, 0xfff);
        break;
      default:
    }
  }
}

export function newChatResponseReader(): ChatResponseReader {
  return changetype<ChatResponseReader>(heap.alloc(offsetof<ChatResponseReader>())).init();
}
