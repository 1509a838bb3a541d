import { jsonDepthMax, jsonNumberBytesMax } from "../bounds";
import { JsonError } from "./error";
import { JsonEvent } from "./event";
import { firstNumberPhase, isWholeNumber, nextNumberPhase, NumberPhase } from "./number";
import { copyWide, whitespaceRunEnd } from "./spans";
import { JsonState } from "./state";
import { JsonStringReader } from "./strings";

export { JsonError } from "./error";
export { JsonEvent } from "./event";

/** `rue`, `alse` and `ull`, first letter lowest. */
const restOfTrue: u32 = 0x657572;
const restOfFalse: u32 = 0x65736c61;
const restOfNull: u32 = 0x6c6c75;

/**
 * A strict RFC 8259 reader that is fed a document in chunks and asked for one event at a time.
 *
 * It is plain memory (`offsetof<JsonScanner>()` bytes, aligned to 16) that owns nothing, so it can
 * lie inside another struct; `start()` initialises every field. After `feed()` call `next()` until
 * `More`; after the last chunk call `finish()` until `Done` or `Fail`, both of which are final.
 * However the bytes are cut, the events and all offsets are the same; only Text may come in other
 * pieces. Fed chunks need 32 readable bytes behind them (`json/spans.ts`).
 *
 * Everything is validated, also what is skipped or not asked for, but for one thing: invalid UTF-8
 * in strings is no error. It comes through in Text as it is, and in names it sets
 * `nameInvalidUtf8`. Repeated names are events like any other: their meaning is the caller's.
 */
@unmanaged
export class JsonScanner extends JsonStringReader {
  /** Containers open at the current position. */
  depth: u32;
  /** Of the last Number event: its raw text, cut at `jsonNumberBytesMax`. */
  numberBytes: u32;
  numberOverflowed: bool;
  /** The value that `skip()` passed last: offset of its first byte, and behind its last. */
  skippedStart: u32;
  skippedEnd: u32;

  // What follows is the scanner's own.
  muted: bool;
  /** The muted value ends when this many containers are open again. */
  muteDepth: u32;
  inName: bool;
  literalRest: u32;
  literalEvent: JsonEvent;
  phase: NumberPhase;
  /** The number, and 16 bytes that copying it may touch. */
  number0: v128;
  number1: v128;
  number2: v128;
  /** One bit for each open container, 1 for an object. */
  kinds0: v128;
  kinds1: v128;
  kinds2: v128;
  kinds3: v128;

  get numberPtr(): usize {
    return changetype<usize>(this) + offsetof<JsonScanner>("number0");
  }

  start(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<JsonScanner>());
  }

  /** Gives the next chunk, which must stay in place until `next()` has answered `More`. */
  feed(ptr: usize, bytes: u32): void {
    this.origin = ptr - (this.end - this.origin);
    this.at = ptr;
    this.end = ptr + bytes;
  }

  next(): JsonEvent {
    while (this.at < this.end) {
      const event = this.step();
      if (event != JsonEvent.More) return event;
    }
    return this.state == JsonState.Failed ? JsonEvent.Fail : JsonEvent.More;
  }

  /** After the last chunk: `Done`, `Fail`, or first a last Number or Text that the end decides. */
  finish(): JsonEvent {
    let event = this.next();
    if (event == JsonEvent.More && this.heldBytes != 0) event = this.handOnHeld();
    if (event != JsonEvent.More) return event;
    if (this.state == JsonState.Number && this.depth == 0 && isWholeNumber(this.phase)) {
      const number = this.closeNumber();
      if (number != JsonEvent.More) return number;
    }
    if (this.state == JsonState.Trailing) this.state = JsonState.Done;
    return this.state == JsonState.Done ? JsonEvent.Done : this.fail(JsonError.Truncated);
  }

  /**
   * Right after Name: the member's value passes without an event. Right after an Open: the rest of
   * that value does, its close included. Before the first event: the whole document does.
   */
  skip(): void {
    const opened = this.state == JsonState.ElementOrClose || this.state == JsonState.NameOrClose;
    this.muteDepth = opened ? this.depth - 1 : this.depth;
    this.skippedStart = this.tokenStart;
    this.muted = true;
  }

  private step(): JsonEvent {
    switch (this.state) {
      case JsonState.String:
        return this.readContent();
      case JsonState.Escape:
        return this.readEscape();
      case JsonState.Hex:
        return this.readHex();
      case JsonState.Literal:
        return this.readLiteral();
      case JsonState.Number:
        return this.readNumber();
      case JsonState.Failed:
        return JsonEvent.Fail;
      default:
        return this.readStructure();
    }
  }

  /** Reads tokens until there is something to report or a longer token has begun. */
  private readStructure(): JsonEvent {
    for (;;) {
      this.at = whitespaceRunEnd(this.at, this.end);
      if (this.at >= this.end) break;
      const event = this.readToken(load<u8>(this.at));
      if (event != JsonEvent.More || this.state >= JsonState.String) return event;
    }
    return JsonEvent.More;
  }

  private readToken(byte: u32): JsonEvent {
    switch (this.state) {
      case JsonState.CommaOrClose:
        return this.readCommaOrClose(byte);
      case JsonState.Colon:
        return byte == 0x3a ? this.pass(JsonState.MemberValue) : this.fail(JsonError.BadToken);
      case JsonState.NameOrClose:
        return byte == 0x7d ? this.close(JsonEvent.ObjectClose) : this.openName(byte);
      case JsonState.NameOpen:
        return this.openName(byte);
      case JsonState.ElementOrClose:
        return byte == 0x5d ? this.close(JsonEvent.ArrayClose) : this.openValue(byte);
      case JsonState.Trailing:
      case JsonState.Done:
        return this.fail(JsonError.TrailingBytes);
      default:
        return this.openValue(byte);
    }
  }

  private pass(state: JsonState): JsonEvent {
    this.at++;
    this.state = state;
    return JsonEvent.More;
  }

  private readCommaOrClose(byte: u32): JsonEvent {
    const object = this.inObject();
    if (byte == 0x2c) return this.pass(object ? JsonState.NameOpen : JsonState.Element);
    if (byte == 0x7d && object) return this.close(JsonEvent.ObjectClose);
    if (byte == 0x5d && !object) return this.close(JsonEvent.ArrayClose);
    return this.fail(JsonError.BadToken);
  }

  private openName(byte: u32): JsonEvent {
    if (byte != 0x22) return this.fail(JsonError.BadToken);
    this.openString();
    this.inName = true;
    if (!this.muted) this.captureName();
    return this.at < this.end ? this.readContent() : JsonEvent.More;
  }

  private openValue(byte: u32): JsonEvent {
    if (this.muted && this.depth == this.muteDepth) this.skippedStart = this.offset();
    switch (byte) {
      case 0x22:
        this.openString();
        this.inName = false;
        if (!this.muted) return JsonEvent.StringOpen;
        return this.at < this.end ? this.readContent() : JsonEvent.More;
      case 0x7b:
        return this.open(JsonEvent.ObjectOpen, JsonState.NameOrClose);
      case 0x5b:
        return this.open(JsonEvent.ArrayOpen, JsonState.ElementOrClose);
      case 0x74:
        return this.openLiteral(JsonEvent.True, restOfTrue);
      case 0x66:
        return this.openLiteral(JsonEvent.False, restOfFalse);
      case 0x6e:
        return this.openLiteral(JsonEvent.Null, restOfNull);
    }
    if (byte == 0x2d || byte - 0x30 < 10) return this.openNumber(byte);
    const mark = byte == 0xef && this.offset() == 0;
    return this.fail(mark ? JsonError.ByteOrderMark : JsonError.BadToken);
  }

  private open(event: JsonEvent, state: JsonState): JsonEvent {
    if (this.depth >= jsonDepthMax) return this.fail(JsonError.TooDeep);
    const slot = this.kindPtr(this.depth);
    const bit = 1 << (this.depth & 7);
    const kinds = <i32>load<u8>(slot);
    store<u8>(slot, event == JsonEvent.ObjectOpen ? kinds | bit : kinds & ~bit);
    this.depth++;
    this.takeToken(state);
    return this.unlessMuted(event);
  }

  private close(event: JsonEvent): JsonEvent {
    this.depth--;
    this.takeToken(JsonState.CommaOrClose);
    return this.closeValue(event);
  }

  /** The byte here is a token of its own. */
  private takeToken(state: JsonState): void {
    this.tokenStart = this.offset();
    this.at++;
    this.tokenEnd = this.offset();
    this.state = state;
  }

  private inObject(): bool {
    const top = this.depth - 1;
    return (((<u32>load<u8>(this.kindPtr(top))) >> (top & 7)) & 1) != 0;
  }

  private kindPtr(depth: u32): usize {
    return changetype<usize>(this) + offsetof<JsonScanner>("kinds0") + (depth >> 3);
  }

  private readContent(): JsonEvent {
    const event = this.readString();
    return event == JsonEvent.StringClose ? this.closeString() : event;
  }

  private closeString(): JsonEvent {
    if (!this.inName) return this.closeValue(JsonEvent.StringClose);
    this.state = JsonState.Colon;
    return this.unlessMuted(JsonEvent.Name);
  }

  private closeValue(event: JsonEvent): JsonEvent {
    this.state = this.depth == 0 ? JsonState.Trailing : JsonState.CommaOrClose;
    if (!this.muted) return event;
    if (this.depth == this.muteDepth) {
      this.muted = false;
      this.skippedEnd = this.offset();
    }
    return JsonEvent.More;
  }

  private unlessMuted(event: JsonEvent): JsonEvent {
    return this.muted ? JsonEvent.More : event;
  }

  private openLiteral(event: JsonEvent, rest: u32): JsonEvent {
    this.takeToken(JsonState.Literal);
    this.literalEvent = event;
    this.literalRest = rest;
    return JsonEvent.More;
  }

  private readLiteral(): JsonEvent {
    if (load<u8>(this.at) != <u8>this.literalRest) return this.fail(JsonError.BadToken);
    this.at++;
    this.literalRest >>= 8;
    if (this.literalRest != 0) return JsonEvent.More;
    this.tokenEnd = this.offset();
    return this.closeValue(this.literalEvent);
  }

  private openNumber(byte: u32): JsonEvent {
    this.tokenStart = this.offset();
    this.state = JsonState.Number;
    this.phase = firstNumberPhase(byte);
    this.numberBytes = 0;
    this.numberOverflowed = false;
    this.keepNumber(this.at, 1);
    this.at++;
    return JsonEvent.More;
  }

  private readNumber(): JsonEvent {
    const from = this.at;
    let at = from;
    let phase = this.phase;
    while (at < this.end) {
      const next = nextNumberPhase(phase, load<u8>(at));
      if (next >= NumberPhase.Ended) return this.endNumber(from, at, next);
      phase = next;
      at++;
    }
    this.keepNumber(from, <u32>(at - from));
    this.at = at;
    this.phase = phase;
    return JsonEvent.More;
  }

  private endNumber(from: usize, at: usize, phase: NumberPhase): JsonEvent {
    this.keepNumber(from, <u32>(at - from));
    this.at = at;
    return phase == NumberPhase.Bad ? this.fail(JsonError.BadNumber) : this.closeNumber();
  }

  private closeNumber(): JsonEvent {
    this.tokenEnd = this.offset();
    return this.closeValue(JsonEvent.Number);
  }

  private keepNumber(ptr: usize, bytes: u32): void {
    const kept = min(bytes, jsonNumberBytesMax - this.numberBytes);
    if (kept < bytes) this.numberOverflowed = true;
    copyWide(this.numberPtr + this.numberBytes, ptr, kept);
    this.numberBytes += kept;
  }
}
