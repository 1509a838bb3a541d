import { equalsAscii } from "../bytes/ascii";
import { parseDecimalU64 } from "../bytes/decimal";
import { isUtf8 } from "../bytes/utf8";
import { Encoding } from "../bpe/encoding";
import { Payer } from "../memo/payer";
import { chatRequestShape, RequestField } from "./openai_chat_shape";
import { newPromptCounter, PromptCounter } from "./prompt_counter";
import { LlmRequest, RequestError } from "./request";
import { isRoot, Walker, WalkEvent } from "./walker";

/**
 * Tokens around a chat prompt, per OpenAI's cookbook ("How to count tokens with tiktoken"): 3 for
 * each message, 1 more for its name, 3 that prime the answer.
 */
const messageFramingTokens: u64 = 3;
const nameFramingTokens: u64 = 1;
const answerFramingTokens: u64 = 3;

/**
 * An image in tile models, per OpenAI's vision guide: 85 at low detail; at high detail 85 and 170 a
 * tile, of which a square image has four. The size is not read here, so it is an estimate.
 */
const imageLowTokens: u64 = 85;
const imageHighTokens: u64 = 765;

/** Bytes of English or JSON that make one token, about; used where nothing better is known. */
export const estimatedBytesPerToken: u64 = 4;

const textBytesKeptMax: u32 = 8;

/** Reads an OpenAI chat completions request, chunk by chunk, into an `LlmRequest`. */
@unmanaged
export class ChatRequestReader {
  private walker: Walker;
  private request: LlmRequest;
  private counter: PromptCounter;
  private encoding: Encoding;
  /** The start of a short text that is compared as a whole (`detail`). */
  private shortText: u64;
  private shortTextBytes: u32;
  private sawMessages: bool;

  /**
   * Starts over; with an encoding the texts are counted on the way, without one only measured. With
   * a payer their counts are remembered for the next time that it sends them.
   */
  start(walker: Walker, request: LlmRequest, encoding: Encoding, payer: Payer | null = null): void {
    walker.start(chatRequestShape);
    request.reset();
    this.walker = walker;
    this.request = request;
    this.encoding = encoding;
    this.shortTextBytes = 0;
    this.sawMessages = false;
    this.counter.start(encoding, payer);
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
    if (this.sawMessages) request.promptTokens += answerFramingTokens;
    const unread = this.walker.passedBytes + this.walker.unknownBytes;
    if (this.walker.unknownBytes != 0) request.estimated = true;
    request.estimatedTokens += (unread + estimatedBytesPerToken - 1) / estimatedBytesPerToken;
    return true;
  }

  dispose(): void {
    this.counter.dispose();
    heap.free(changetype<usize>(this));
  }

  init(): ChatRequestReader {
    this.counter = newPromptCounter();
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
        this.sawMessages = true;
        return true;
      case RequestField.Message:
        request.promptTokens += messageFramingTokens;
        return true;
      case RequestField.Image:
        request.estimatedTokens += imageHighTokens;
        request.estimated = true;
        return true;
      case RequestField.OtherModels:
        return this.refuse(RequestError.OtherModels);
      case RequestField.Tools:
      case RequestField.OtherMedia:
      case RequestField.ToolCallText:
        request.estimated = true;
        return true;
      default:
        return true;
    }
  }

  private close(): bool {
    const walker = this.walker;
    if (isRoot(walker)) this.request.rootEnd = walker.scanner.tokenStart;
    if (walker.field == RequestField.StreamOptions) {
      this.request.streamOptionsEmpty = walker.members == 0;
    }
    return true;
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
      case RequestField.ImageDetail:
        this.shortText = 0;
        this.shortTextBytes = 0;
        walker.wantText();
        return true;
      case RequestField.Image:
        this.request.estimatedTokens += imageHighTokens;
        this.request.estimated = true;
        return true;
      case RequestField.OtherMedia:
        this.request.estimated = true;
        return true;
      case RequestField.OtherModels:
        return this.refuse(RequestError.OtherModels);
      case RequestField.None:
        return walker.context == 0 ? this.refuse(RequestError.NotAnObject) : true;
      default:
        if (this.encoding != Encoding.None && this.isPrompt()) this.counter.open(walker);
        return true;
    }
  }

  private isPrompt(): bool {
    switch (this.walker.field) {
      case RequestField.Role:
      case RequestField.Name:
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
    if (field == RequestField.ImageDetail) {
      for (let i: u32 = 0; i < scanner.textBytes; i++) {
        if (this.shortTextBytes < textBytesKeptMax) {
          const shift = (<u64>this.shortTextBytes) << 3;
          this.shortText |= (<u64>load<u8>(scanner.textPtr + i)) << shift;
        }
        this.shortTextBytes += 1;
      }
      return true;
    }
    return this.counter.piece(scanner) || this.take(WalkEvent.Fail);
  }

  private textClose(): bool {
    const walker = this.walker;
    const request = this.request;
    const scanner = walker.scanner;
    if (walker.field == RequestField.Model) return this.modelClose();
    if (walker.field == RequestField.ImageDetail) {
      const kept = changetype<usize>(this) + offsetof<ChatRequestReader>("shortText");
      const isLow = this.shortTextBytes == 3 && equalsAscii(kept, 3, "low");
      if (isLow) request.estimatedTokens -= imageHighTokens - imageLowTokens;
      return true;
    }
    if (!this.isPrompt()) return true;
    request.textBytes += scanner.tokenEnd - scanner.tokenStart - 2;
    if (walker.field == RequestField.Name) request.promptTokens += nameFramingTokens;
    if (this.encoding == Encoding.None) return true;
    if (!this.counter.close(scanner)) return this.take(WalkEvent.Fail);
    request.promptTokens += this.counter.tokens;
    if (!this.counter.exact) request.estimated = true;
    return true;
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
    const slot = changetype<usize>(this) + offsetof<ChatRequestReader>("shortText");
    const whole = parseDecimalU64(scanner.numberPtr, scanner.numberBytes, slot);
    const value = whole && !scanner.numberOverflowed ? this.shortText : 0;
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
