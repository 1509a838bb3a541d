import { jsonNameBytesMax } from "../bounds";
import { encodeUtf8, replacementCharacter, utf8Invalid, utf8Run } from "../bytes/utf8";
import { escapedByte, hexDigitValue, noUnit, wholeUnit } from "./escapes";
import { JsonError } from "./error";
import { JsonEvent } from "./event";
import { copyWide, stringRunEnd, stringStops, unreadRunEnd } from "./spans";
import { closingQuote, endsInEscape } from "./raw_end";
import { JsonState } from "./state";

/** What becomes of the contents of the string being read. */
const enum StringRole {
  Unread,
  Text,
  Raw,
  Name,
}

/** Text held by the reader is handed on from here: 16 more bytes and an escape fit behind it. */
const heldFullBytes: u32 = 120;
/** A run of plain text that is at least as long is handed on where it lies, not copied. */
const directBytesMin: usize = 48;

/** The reader's place in the fed bytes, and everything it knows about the string it is in. */
@unmanaged
export class JsonStringReader {
  /** Offsets in the document of the last token, quotes included; the end once it is reached. */
  tokenStart: u32;
  tokenEnd: u32;
  /** Of the last Text event: unescaped, valid until the next call. */
  textPtr: usize;
  textBytes: u32;
  /** Of the last Name event: unescaped, cut at `jsonNameBytesMax`. */
  nameBytes: u32;
  nameOverflowed: bool;
  nameInvalidUtf8: bool;
  /**
   * An unpaired low surrogate that the wanted string began with, 0 if none: its first Text begins
   * with the three bytes of U+FFFD. Lets a caller join a pair that a stream split in two.
   */
  leadingLowSurrogate: u16;
  /** An unpaired high one at the string's end: its last Text ends with the three of U+FFFD. */
  trailingHighSurrogate: u16;
  /** The wanted string held an unpaired surrogate, anywhere. */
  unpairedSurrogate: bool;
  /** Of a Text event of raw bytes: the closing quote comes right behind them. */
  rawEnds: bool;
  error: JsonError;
  errorOffset: u32;

  // What follows is the reader's own.
  state: JsonState;
  role: StringRole;
  at: usize;
  end: usize;
  /** `at - origin` is the offset in the document (wrapping). */
  origin: usize;
  escapeStart: u32;
  hexDigits: u32;
  hexValue: u32;
  /** The last raw byte was a backslash that takes the next one along. */
  rawEscaped: bool;
  /** A \uD800-\uDBFF that the next escape may complete. */
  highSurrogate: u32;
  heldBytes: u32;
  utf8State: u32;
  /** The name, and 16 bytes that copying it may touch. */
  name0: v128;
  name1: v128;
  name2: v128;
  name3: v128;
  name4: v128;
  /** Unescaped text until it is handed on, so that escapes do not cut Text into crumbs. */
  held0: v128;
  held1: v128;
  held2: v128;
  held3: v128;
  held4: v128;
  held5: v128;
  held6: v128;
  held7: v128;
  held8: v128;

  get namePtr(): usize {
    return changetype<usize>(this) + offsetof<JsonStringReader>("name0");
  }

  get heldPtr(): usize {
    return changetype<usize>(this) + offsetof<JsonStringReader>("held0");
  }

  offset(): u32 {
    return <u32>(this.at - this.origin);
  }

  fail(error: JsonError): JsonEvent {
    this.error = error;
    this.errorOffset = this.offset();
    this.state = JsonState.Failed;
    return JsonEvent.Fail;
  }

  /** Stands behind the opening quote of a string whose contents nobody wants yet. */
  openString(): void {
    this.tokenStart = this.offset();
    this.at++;
    this.state = JsonState.String;
    this.role = StringRole.Unread;
    this.leadingLowSurrogate = 0;
    this.trailingHighSurrogate = 0;
    this.unpairedSurrogate = false;
  }

  /** The string just opened is a name, and its contents are kept. */
  captureName(): void {
    this.role = StringRole.Name;
    this.nameBytes = 0;
    this.nameOverflowed = false;
    this.nameInvalidUtf8 = false;
    this.utf8State = 0;
  }

  /** Right after StringOpen: report this string's contents as Text, surrogate pairs joined. */
  wantText(): void {
    if (this.state == JsonState.String) this.role = StringRole.Text;
  }

  /**
   * Right after StringOpen: report this string's contents as Text just as they stand in the
   * document, at the speed of a search for the closing quote. They are not checked: the caller
   * reads them with a scanner of its own, or knows that these very bytes were read before. What is
   * wrong with them it reports by `failAt`.
   */
  wantRaw(): void {
    if (this.state != JsonState.String) return;
    this.role = StringRole.Raw;
    this.rawEscaped = false;
  }

  /** Inside of a string whose contents were wanted raw. */
  get readsRaw(): bool {
    return this.state == JsonState.String && this.role == StringRole.Raw;
  }

  /** Ends the document with a mistake that the caller found in raw contents. */
  failAt(error: JsonError, offset: u32): void {
    this.error = error;
    this.errorOffset = offset;
    this.state = JsonState.Failed;
  }

  /** Reads string content: Text, Fail, More, or StringClose once behind the closing quote. */
  readString(): JsonEvent {
    if (this.role == StringRole.Raw) return this.readRaw();
    if (load<u8>(this.at) == 0x22) return this.readStop();
    if (this.role == StringRole.Unread) {
      this.at = unreadRunEnd(this.at, this.end);
    } else if (this.highSurrogate == 0) {
      const run = this.directRun();
      const event = run != 0 ? this.handOn(this.at - run, run) : this.gather();
      if (event != JsonEvent.More) return event;
    }
    return this.at < this.end ? this.readStop() : JsonEvent.More;
  }

  /** A run of raw bytes, or the closing quote behind the last one. */
  private readRaw(): JsonEvent {
    const from = this.at;
    const stop = closingQuote(from, this.end, this.rawEscaped);
    const run = <u32>(stop - from);
    if (run == 0) return this.readStop();
    this.at = stop;
    this.rawEnds = stop < this.end;
    this.rawEscaped = !this.rawEnds && endsInEscape();
    return this.handOn(from, run);
  }

  /** Passes a run that need not be copied; answers its bytes, 0 if there is none. */
  private directRun(): u32 {
    const from = this.at;
    if (this.heldBytes != 0) return 0;
    const stop = stringRunEnd(from, this.end);
    if (stop < this.end && load<u8>(stop) == 0x5c && stop - from < directBytesMin) return 0;
    this.at = stop;
    return <u32>(stop - from);
  }

  /** Unescapes into `held` until that is full or something needs a closer look. */
  private gather(): JsonEvent {
    const end = this.end;
    let at = this.at;
    let out = this.heldPtr + this.heldBytes;
    const full = this.heldPtr + heldFullBytes;
    while (at < end && out < full) {
      const bytes = v128.load(at);
      v128.store(out, bytes);
      const stops = stringStops(bytes);
      const run = min(stops != 0 ? <usize>ctz(stops) : 16, end - at);
      at += run;
      out += run;
      if (stops == 0 || at >= end) continue;
      if (load<u8>(at) != 0x5c) break;
      const byte = at + 1 < end ? escapedByte(load<u8>(at, 1)) : 0;
      if (byte != 0) {
        store<u8>(out++, byte);
        at += 2;
        continue;
      }
      const unit = wholeUnit(at, end);
      if (unit == noUnit) break;
      out += encodeUtf8(unit, out);
      at += 6;
    }
    this.at = at;
    this.heldBytes = <u32>(out - this.heldPtr);
    return JsonEvent.More;
  }

  /** Reads the byte that ended a run, or hands on what had to come before it. */
  private readStop(): JsonEvent {
    const byte: u32 = load<u8>(this.at);
    if (this.heldBytes >= heldFullBytes) return this.handOnHeld();
    if (byte == 0x5c) {
      this.escapeStart = this.offset();
      this.at++;
      this.state = JsonState.Escape;
      return JsonEvent.More;
    }
    if (this.highSurrogate != 0) this.dropHighSurrogate(byte == 0x22);
    if (this.heldBytes != 0) return this.handOnHeld();
    if (byte != 0x22) return this.fail(JsonError.ControlInString);
    this.at++;
    this.tokenEnd = this.offset();
    if (this.role == StringRole.Name && this.utf8State != 0) this.nameInvalidUtf8 = true;
    return JsonEvent.StringClose;
  }

  /** Reads the byte after a backslash. */
  readEscape(): JsonEvent {
    const byte: u32 = load<u8>(this.at);
    if (byte == 0x75) {
      this.at++;
      this.hexDigits = 0;
      this.hexValue = 0;
      this.state = JsonState.Hex;
      return JsonEvent.More;
    }
    const meant = escapedByte(byte);
    if (meant == 0) return this.failEscape();
    this.at++;
    this.state = JsonState.String;
    if (this.highSurrogate != 0) this.dropHighSurrogate(false);
    this.hold(meant);
    return JsonEvent.More;
  }

  /** Reads the four digits after \u, as many as there are. */
  readHex(): JsonEvent {
    while (this.at < this.end) {
      const value = hexDigitValue(load<u8>(this.at));
      if (value > 15) return this.failEscape();
      this.at++;
      this.hexValue = (this.hexValue << 4) | value;
      if (++this.hexDigits == 4) {
        this.state = JsonState.String;
        this.takeCodeUnit(this.hexValue);
        return JsonEvent.More;
      }
    }
    return JsonEvent.More;
  }

  /** What came before the mistake is reported first, as it is when no escape was near. */
  private failEscape(): JsonEvent {
    return this.heldBytes != 0 ? this.handOnHeld() : this.fail(JsonError.BadEscape);
  }

  private takeCodeUnit(unit: u32): void {
    if (this.role == StringRole.Unread) return;
    const high = this.highSurrogate;
    if (unit - 0xdc00 < 0x400) {
      if (high == 0) {
        if (this.escapeStart == this.tokenStart + 1) this.leadingLowSurrogate = <u16>unit;
        this.unpairedSurrogate = true;
        this.hold(replacementCharacter);
        return;
      }
      this.highSurrogate = 0;
      this.hold(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
      return;
    }
    if (high != 0) this.dropHighSurrogate(false);
    if (unit - 0xd800 < 0x400) this.highSurrogate = unit;
    else this.hold(unit);
  }

  private dropHighSurrogate(atStringEnd: bool): void {
    if (atStringEnd) this.trailingHighSurrogate = <u16>this.highSurrogate;
    this.highSurrogate = 0;
    this.unpairedSurrogate = true;
    this.hold(replacementCharacter);
  }

  private hold(codePoint: u32): void {
    if (this.role == StringRole.Unread) return;
    this.heldBytes += encodeUtf8(codePoint, this.heldPtr + this.heldBytes);
  }

  handOnHeld(): JsonEvent {
    const bytes = this.heldBytes;
    this.heldBytes = 0;
    return this.handOn(this.heldPtr, bytes);
  }

  private handOn(ptr: usize, bytes: u32): JsonEvent {
    switch (this.role) {
      case StringRole.Text:
      case StringRole.Raw:
        this.textPtr = ptr;
        this.textBytes = bytes;
        return JsonEvent.Text;
      case StringRole.Name:
        this.appendName(ptr, bytes);
        return JsonEvent.More;
      default:
        return JsonEvent.More;
    }
  }

  private appendName(ptr: usize, bytes: u32): void {
    const begunAscii = this.utf8State == 0 && bytes <= 16;
    const isAscii = begunAscii && i8x16.bitmask(v128.load(ptr)) << (32 - bytes) == 0;
    if (!isAscii) this.checkName(ptr, bytes);
    const kept = min(bytes, jsonNameBytesMax - this.nameBytes);
    if (kept < bytes) this.nameOverflowed = true;
    copyWide(this.namePtr + this.nameBytes, ptr, kept);
    this.nameBytes += kept;
  }

  private checkName(ptr: usize, bytes: u32): void {
    if (this.utf8State != utf8Invalid) this.utf8State = utf8Run(this.utf8State, ptr, bytes);
  }
}
