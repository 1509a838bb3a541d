import { parseDecimalU64 } from "../bytes/decimal";
import { isUtf8 } from "../bytes/utf8";
import { Encoding } from "../bpe/encoding";
import { Payer } from "../memo/payer";
import { Framing } from "../prompt/framing_names";
import { chatRequestShape, RequestField } from "./openai_chat_shape";
import { newPromptCounter, PromptCounter } from "./prompt_counter";
import { newPromptParts, PromptParts } from "./prompt_parts";
import { LlmRequest, RequestError } from "./request";
import { isRoot, Walker, WalkEvent } from "./walker";

/** Bytes of English or JSON that make one token, about; used where nothing better is known. */
export const estimatedBytesPerToken: u64 = 4;

/** Reads an OpenAI chat completions request, chunk by chunk, into an `LlmRequest`. */
@unmanaged
export class ChatRequestReader {
  private walker: Walker;
  private request: LlmRequest;
  private counter: PromptCounter;
  private encoding: Encoding;
  private parts: PromptParts;
  /** Where a number is parsed to. */
  private parsed: u64;
  private tokensMax: u64;

  /**
   * Starts over; with an encoding the texts are counted on the way, without one only measured. With
   * a payer their counts are remembered for the next time that it sends them. Tools are counted as
   * the `framing` shows them. Counting stops soon after what any model is given of the texts has
   * passed `tokensMax` (0: no limit): see `request.overLimit`.
   */
  start(
    walker: Walker,
    request: LlmRequest,
    encoding: Encoding,
    payer: Payer | null = null,
    framing: Framing = Framing.OpenAi,
    tokensMax: u64 = 0,
  ): void {
    walker.start(chatRequestShape);
    walker.readsTrees = encoding != Encoding.None;
    request.reset();
    this.walker = walker;
    this.request = request;
    this.encoding = encoding;
    this.tokensMax = tokensMax != 0 ? tokensMax : u64.MAX_VALUE;
    this.counter.start(encoding, payer);
    this.parts.start(request, encoding, framing, payer);
  }

  /** False when the request is to be refused; `request.error` says why. */
  feed(ptr: usize, bytes: u32): bool {
    this.walker.feed(ptr, bytes);
    while (true) {
      const event = this.walker.next();
      if (event == WalkEvent.More) return true;
      if (!this.take(event)) return false;
    }
  }

  finish(): bool {
    if (!this.counter.end(this.walker.scanner)) return this.take(WalkEvent.Fail);
    while (true) {
      const event = this.walker.finish();
      if (event == WalkEvent.Done) break;
      if (!this.take(event)) return false;
    }
    const request = this.request;
    if (request.modelEnd == 0) return request.fail(RequestError.ModelMissing, request.rootEnd);
    const unread = this.walker.passedBytes + this.walker.unknownBytes;
    if (this.walker.unknownBytes != 0) request.estimated = true;
    request.unreadTokens = (unread + estimatedBytesPerToken - 1) / estimatedBytesPerToken;
    return true;
  }

  dispose(): void {
    this.counter.dispose();
    this.parts.dispose();
    heap.free(changetype<usize>(this));
  }

  init(): ChatRequestReader {
    this.counter = newPromptCounter();
    this.parts = newPromptParts();
    return this;
  }

  private take(event: WalkEvent): bool {
    switch (event) {
      case WalkEvent.ObjectOpen:
      case WalkEvent.ArrayOpen:
        return this.open(event == WalkEvent.ObjectOpen);
      case WalkEvent.ObjectClose:
        return this.close();
      case WalkEvent.TextOpen:
        return this.textOpen();
      case WalkEvent.Text:
        return this.text();
      case WalkEvent.TextClose:
        return this.textClose();
      case WalkEvent.Number:
        return this.number();
      case WalkEvent.True:
      case WalkEvent.False:
      case WalkEvent.Null:
        return this.constant(event);
      case WalkEvent.Tree:
        this.parts.tree(this.walker);
        return true;
      case WalkEvent.TreeClose:
        this.parts.closeTree(this.walker);
        return true;
      case WalkEvent.Raw:
      case WalkEvent.RawClose:
        this.parts.raw(this.walker, event == WalkEvent.RawClose);
        return true;
      case WalkEvent.Repeated:
        return this.refuse(RequestError.RepeatedMember);
      case WalkEvent.LookAlike:
        return this.refuse(RequestError.LookAlikeMember);
      case WalkEvent.Fail:
        this.request.jsonError = this.walker.scanner.error;
        return this.request.fail(RequestError.NotJson, this.walker.scanner.errorOffset);
      default:
        return true;
    }
  }

  private refuse(error: RequestError): bool {
    return this.request.fail(error, this.walker.scanner.tokenStart);
  }

  private open(isObject: bool): bool {
    const walker = this.walker;
    const request = this.request;
    const start = walker.scanner.tokenStart;
    switch (walker.field) {
      case RequestField.None:
        return isObject || !isRoot(walker) ? true : this.refuse(RequestError.NotAnObject);
      case RequestField.Model:
        return this.refuse(RequestError.ModelNotAString);
      case RequestField.Stream:
        return this.refuse(RequestError.StreamNotABoolean);
      case RequestField.StreamOptions:
        if (!isObject) return this.refuse(RequestError.StreamOptionsNotAnObject);
        request.streamOptionsInside = start + 1;
        return true;
      case RequestField.IncludeUsage:
        return this.refuse(RequestError.StreamNotABoolean);
      case RequestField.Messages:
        request.sawMessages = true;
        return true;
      case RequestField.OtherModels:
        return this.refuse(RequestError.OtherModels);
      default:
        this.openPart(isObject);
        return true;
    }
  }

  /** What opens inside of a prompt. */
  private openPart(isObject: bool): void {
    const walker = this.walker;
    const request = this.request;
    switch (walker.field) {
      case RequestField.Message:
        request.openMessage();
        if (walker.skipped) request.closeMessage();
        return;
      case RequestField.Image:
        this.parts.openImage();
        if (walker.skipped) this.parts.closeImage();
        return;
      case RequestField.Tools:
      case RequestField.Functions:
      case RequestField.ResponseFormat:
        if (walker.readsTrees) this.parts.openTree(walker, isObject);
        else request.estimated = true;
        return;
      case RequestField.ToolCall:
      case RequestField.FunctionCall:
        request.addCall();
        request.estimated = true;
        return;
      case RequestField.OtherMedia:
      case RequestField.ToolCalls:
        request.estimated = true;
        return;
      default:
    }
  }

  private close(): bool {
    const walker = this.walker;
    const request = this.request;
    if (isRoot(walker)) request.rootEnd = walker.scanner.tokenStart;
    switch (walker.field) {
      case RequestField.StreamOptions:
        request.streamOptionsEmpty = walker.members == 0;
        return true;
      case RequestField.Message:
        request.closeMessage();
        return true;
      case RequestField.Image:
        this.parts.closeImage();
        return true;
      default:
        return true;
    }
  }

  private textOpen(): bool {
    const walker = this.walker;
    switch (walker.field) {
      case RequestField.Model:
        this.request.modelStart = walker.scanner.tokenStart;
        walker.wantText();
        return true;
      case RequestField.Stream:
      case RequestField.IncludeUsage:
        return this.refuse(RequestError.StreamNotABoolean);
      case RequestField.StreamOptions:
        return this.refuse(RequestError.StreamOptionsNotAnObject);
      case RequestField.OtherMedia:
        this.request.estimated = true;
        return true;
      case RequestField.OtherModels:
        return this.refuse(RequestError.OtherModels);
      case RequestField.None:
        return walker.context == 0 ? this.refuse(RequestError.NotAnObject) : true;
      default:
        if (this.parts.textOpen(walker) || !this.counts) return true;
        if (this.isPrompt()) this.counter.open(walker);
        return true;
    }
  }

  private get counts(): bool {
    return this.encoding != Encoding.None && !this.request.overLimit;
  }

  private isPrompt(): bool {
    switch (this.walker.field) {
      case RequestField.Name:
      case RequestField.Reasoning:
        return true;
      default:
        return this.isGiven();
    }
  }

  /** Text that every family of models is given. */
  private isGiven(): bool {
    switch (this.walker.field) {
      case RequestField.Content:
      case RequestField.Part: // a part that is a plain string, as vLLM reads it
      case RequestField.PartText:
      case RequestField.ToolCallText:
        return true;
      default:
        return false;
    }
  }

  private text(): bool {
    const scanner = this.walker.scanner;
    const field = this.walker.field;
    if (field == RequestField.Model) {
      if (this.request.addModelText(scanner.textPtr, scanner.textBytes)) return true;
      return this.request.fail(RequestError.ModelTooLong, scanner.tokenStart);
    }
    if (this.parts.text(field, scanner) || this.request.overLimit) return true;
    if (!this.counter.piece(scanner)) return this.take(WalkEvent.Fail);
    const request = this.request;
    if (!this.isGiven()) return true;
    if (request.givenTokens + this.counter.tokensSoFar <= this.tokensMax) return true;
    request.addContent(this.counter.tokensSoFar, true);
    request.overLimit = true;
    this.counter.giveUp();
    return true;
  }

  private textClose(): bool {
    const walker = this.walker;
    const request = this.request;
    const scanner = walker.scanner;
    if (walker.field == RequestField.Model) return this.modelClose();
    if (this.parts.textClose(walker.field, scanner) || !this.isPrompt()) return true;
    const bytes = scanner.tokenEnd - scanner.tokenStart - 2;
    request.textBytes += bytes;
    if (this.isGiven()) request.givenBytes += bytes;
    let tokens: u64 = 0;
    if (this.counts) {
      if (!this.counter.close(scanner)) return this.take(WalkEvent.Fail);
      tokens = this.counter.tokens;
      if (!this.counter.exact) request.estimated = true;
    }
    this.addText(tokens, bytes != 0);
    if (request.givenTokens > this.tokensMax) request.overLimit = true;
    return true;
  }

  private addText(tokens: u64, hasText: bool): void {
    const request = this.request;
    switch (this.walker.field) {
      case RequestField.Name:
        request.names += 1;
        request.nameTokens += tokens;
        return;
      case RequestField.Reasoning:
        return request.addReasoning(tokens);
      case RequestField.ToolCallText:
        request.callTokens += tokens;
        return;
      default:
        request.addContent(tokens, hasText);
    }
  }

  private modelClose(): bool {
    const scanner = this.walker.scanner;
    const request = this.request;
    const start = scanner.tokenStart;
    if (request.modelBytes == 0) return request.fail(RequestError.ModelEmpty, start);
    if (scanner.unpairedSurrogate || !isUtf8(request.modelPtr, request.modelBytes)) {
      return request.fail(RequestError.ModelNotText, start);
    }
    request.modelEnd = scanner.tokenEnd;
    return true;
  }

  private number(): bool {
    const scanner = this.walker.scanner;
    const request = this.request;
    const slot = changetype<usize>(this) + offsetof<ChatRequestReader>("parsed");
    const whole = parseDecimalU64(scanner.numberPtr, scanner.numberBytes, slot);
    const value = whole && !scanner.numberOverflowed ? this.parsed : 0;
    switch (this.walker.field) {
      case RequestField.Model:
        return this.refuse(RequestError.ModelNotAString);
      case RequestField.Stream:
      case RequestField.IncludeUsage:
        return this.refuse(RequestError.StreamNotABoolean);
      case RequestField.StreamOptions:
        return this.refuse(RequestError.StreamOptionsNotAnObject);
      case RequestField.MaxTokens:
      case RequestField.MaxCompletionTokens:
        request.maxOutputTokens = max<u64>(request.maxOutputTokens, value);
        return true;
      case RequestField.None:
        return this.walker.context == 0 ? this.refuse(RequestError.NotAnObject) : true;
      default:
        return true;
    }
  }

  private constant(event: WalkEvent): bool {
    const scanner = this.walker.scanner;
    const request = this.request;
    const isNull = event == WalkEvent.Null;
    switch (this.walker.field) {
      case RequestField.Model:
        return this.refuse(RequestError.ModelNotAString);
      case RequestField.Stream:
        request.stream = event == WalkEvent.True;
        return true;
      case RequestField.IncludeUsage:
        request.usageAsked = event == WalkEvent.True;
        if (event != WalkEvent.True) {
          request.usageFalseStart = scanner.tokenStart;
          request.usageFalseEnd = scanner.tokenEnd;
        }
        return true;
      case RequestField.StreamOptions:
        if (!isNull) return this.refuse(RequestError.StreamOptionsNotAnObject);
        request.streamOptionsNullStart = scanner.tokenStart;
        request.streamOptionsNullEnd = scanner.tokenEnd;
        return true;
      case RequestField.None:
        return this.walker.context == 0 ? this.refuse(RequestError.NotAnObject) : true;
      default:
        return true;
    }
  }
}

export function newChatRequestReader(): ChatRequestReader {
  return changetype<ChatRequestReader>(heap.alloc(offsetof<ChatRequestReader>())).init();
}
