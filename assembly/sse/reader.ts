import { sseTypeBytesMax } from "../bounds";
import { SseEvent } from "./event";
import { lineRunEnd } from "./spans";

export { SseEvent } from "./event";

/** Where in a line the reader stands. */
const enum SseState {
  StreamStart, // a byte order mark may come, only here
  LineStart,
  FieldName,
  ValueStart, // behind the colon: one space is dropped
  Value,
  IgnoredLine, // a comment or a field that means nothing to us
}

const enum SseField {
  Data,
  Event,
}

/** The names `data` and `event` after their first letter, lowest byte first. */
const restOfData: u32 = 0x617461;
const restOfEvent: u32 = 0x746e6576;
/** `SseReader.eventStart` of an event that began in an earlier chunk. */
export const beganEarlier: u32 = u32.MAX_VALUE;
/** EF BB BF, lowest byte first. */
const byteOrderMark: u32 = 0xbfbbef;

/**
 * Reads a `text/event-stream` by the rules of the WHATWG HTML standard (section 9.2, server-sent
 * events), from chunks cut anywhere. No line is buffered: data bytes are handed on as they come, so
 * a line without end costs no memory, and an event that the stream leaves unfinished never ends.
 *
 * Plain memory (`offsetof<SseReader>()` bytes) that owns nothing; `start()` initialises every
 * field. After `feed()` call `next()` until `More`. Fed chunks need 32 readable bytes behind them
 * (`sse/spans.ts`). `id` and `retry` steer reconnecting clients and are passed over.
 */
@unmanaged
export class SseReader {
  /**
   * Bytes of the fed chunk used up: after EventEnd where the next event begins (only if a chunk
   * ends between the CR and the LF of a blank line, that LF is used up first thing afterwards).
   */
  position: u32;
  /** Of the last Data: a piece of the value, inside the fed chunk. Empty at DataEnd. */
  dataPtr: usize;
  dataBytes: u32;
  /** Data lines begun in this event; callers put LF between lines. Right until the next call. */
  dataLines: u32;
  /**
   * While an event is open: where in the fed chunk its first `data` or `event` line begins,
   * `beganEarlier` if in a chunk before. Comments and other fields ahead of that are not held to
   * be part of it, so that they may go on at once.
   */
  eventStart: u32;
  /** Value of this event's last `event:` line, cut at `sseTypeBytesMax`; right at EventEnd. */
  typeBytes: u32;
  typeOverflowed: bool;

  // What follows is the reader's own.
  state: SseState;
  field: SseField;
  /** What must still come of a field name or byte order mark. */
  rest: u32;
  /** The line before ended in CR, so that an LF here is the second half of its end. */
  afterReturn: bool;
  eventEnded: bool;
  at: usize;
  end: usize;
  chunkStart: usize;
  type0: v128;
  type1: v128;
  type2: v128;
  type3: v128;

  get typePtr(): usize {
    return changetype<usize>(this) + offsetof<SseReader>("type0");
  }

  /**
   * After `More`: whether the stream stands inside an event, or in a line that may open one. While
   * it does not, nothing that was read (comments, say) needs to wait for what comes.
   */
  get eventOpen(): bool {
    if (this.dataLines != 0 || this.typeBytes != 0) return true;
    const state = this.state;
    return state == SseState.FieldName || state == SseState.ValueStart || state == SseState.Value;
  }

  start(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<SseReader>());
    this.rest = byteOrderMark;
  }

  /** Gives the next chunk, which must stay in place until `next()` has answered `More`. */
  feed(ptr: usize, bytes: u32): void {
    this.chunkStart = ptr;
    this.at = ptr;
    this.end = ptr + bytes;
    this.position = 0;
    this.eventStart = beganEarlier;
  }

  next(): SseEvent {
    if (this.eventEnded) this.forgetEvent();
    let event = SseEvent.More;
    while (event == SseEvent.More && this.at < this.end) event = this.step();
    this.position = <u32>(this.at - this.chunkStart);
    return event;
  }

  private forgetEvent(): void {
    this.eventEnded = false;
    this.dataLines = 0;
    this.typeBytes = 0;
    this.typeOverflowed = false;
  }

  private step(): SseEvent {
    switch (this.state) {
      case SseState.StreamStart:
        return this.readMark();
      case SseState.LineStart:
        return this.readLineStart();
      case SseState.FieldName:
        return this.readFieldName();
      case SseState.ValueStart:
        if (load<u8>(this.at) == 0x20) this.at++;
        this.state = SseState.Value;
        return SseEvent.More;
      case SseState.Value:
        return this.readValue();
      default:
        return this.readIgnoredLine();
    }
  }

  private readMark(): SseEvent {
    if (load<u8>(this.at) != <u8>this.rest) {
      // Two thirds of a mark are the beginning of some unknown field.
      this.state = this.rest == byteOrderMark ? SseState.LineStart : SseState.IgnoredLine;
      return SseEvent.More;
    }
    this.at++;
    this.rest >>= 8;
    if (this.rest == 0) this.state = SseState.LineStart;
    return SseEvent.More;
  }

  private readLineStart(): SseEvent {
    const byte = load<u8>(this.at);
    if (byte == 0x0a && this.afterReturn) {
      this.at++;
      this.afterReturn = false;
      return SseEvent.More;
    }
    this.afterReturn = false;
    if (byte == 0x0a || byte == 0x0d) return this.endEvent();
    const isData = byte == 0x64;
    if (!isData && byte != 0x65) {
      this.state = SseState.IgnoredLine;
      return SseEvent.More;
    }
    const opens = this.dataLines == 0 && this.typeBytes == 0;
    if (opens) this.eventStart = <u32>(this.at - this.chunkStart);
    this.at++;
    this.field = isData ? SseField.Data : SseField.Event;
    this.rest = isData ? restOfData : restOfEvent;
    this.state = SseState.FieldName;
    return SseEvent.More;
  }

  private readFieldName(): SseEvent {
    const byte = load<u8>(this.at);
    if (this.rest != 0) {
      const fits = byte == <u8>this.rest;
      if (fits) this.at++;
      this.rest >>= 8;
      if (!fits) this.state = SseState.IgnoredLine;
      return SseEvent.More;
    }
    if (byte == 0x3a) {
      this.at++;
      this.state = SseState.ValueStart;
    } else if (byte == 0x0a || byte == 0x0d) {
      this.state = SseState.Value; // no colon: the field is there with an empty value
    } else {
      this.state = SseState.IgnoredLine;
      return SseEvent.More;
    }
    this.openField();
    return SseEvent.More;
  }

  private openField(): void {
    if (this.field == SseField.Data) {
      this.dataLines++;
      return;
    }
    this.typeBytes = 0;
    this.typeOverflowed = false;
  }

  private readValue(): SseEvent {
    const from = this.at;
    this.at = lineRunEnd(from, this.end);
    const bytes = <u32>(this.at - from);
    if (this.field == SseField.Event) {
      this.keepType(from, bytes);
      if (this.at < this.end) this.endLine();
      return SseEvent.More;
    }
    this.dataPtr = from;
    this.dataBytes = bytes;
    if (bytes != 0) return SseEvent.Data;
    this.endLine();
    return SseEvent.DataEnd;
  }

  private keepType(ptr: usize, bytes: u32): void {
    const room = sseTypeBytesMax - this.typeBytes;
    if (bytes > room) this.typeOverflowed = true;
    const kept = min(bytes, room);
    memory.copy(this.typePtr + this.typeBytes, ptr, kept);
    this.typeBytes += kept;
  }

  private readIgnoredLine(): SseEvent {
    this.at = lineRunEnd(this.at, this.end);
    if (this.at < this.end) this.endLine();
    return SseEvent.More;
  }

  private endEvent(): SseEvent {
    this.endLine();
    if (this.dataLines == 0) {
      this.forgetEvent(); // the standard dispatches nothing that has no data
      return SseEvent.More;
    }
    this.eventEnded = true;
    return SseEvent.EventEnd;
  }

  /** Stands at a CR or LF; passes the line end as far as it has come. */
  private endLine(): void {
    const returned = load<u8>(this.at) == 0x0d;
    this.at++;
    this.afterReturn = returned;
    this.state = SseState.LineStart;
    if (!returned || this.at >= this.end || load<u8>(this.at) != 0x0a) return;
    this.at++;
    this.afterReturn = false;
  }
}
