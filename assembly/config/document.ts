import { configBytesMax, configDepthMax, configValuesMax, scanPadBytes } from "../bounds";
import { isUtf8 } from "../bytes/utf8";
import { JsonError } from "../json/error";
import { JsonEvent } from "../json/event";
import { JsonScanner } from "../json/scanner";
import { Name, nameFromBytes, noName } from "./name";

export const enum ValueKind {
  Object,
  Array,
  Text,
  Number,
  True,
  False,
  Null,
}

/** A JSON value. Members of an object stand in `children` in the order written, repeats and all. */
export class Value {
  /** Text: what it says. Number: as it was written. */
  text: Name = noName;
  children: Array<Value> = [];

  /** `name` is empty unless the value is a member of an object. */
  constructor(
    public readonly kind: ValueKind,
    public readonly name: Name,
  ) {}
}

/** Reads a whole JSON document into values. Depth, size and number of values are bounded. */
export class DocumentReader {
  /** Why `read` answered null. */
  reason: string = "";
  private scanner: JsonScanner = newScanner();
  private tokens: JsonScanner = newScanner();
  private text: usize = 0;
  private open: Array<Value> = [];
  private root: Value | null = null;
  private values: u32 = 0;

  /** The document's value, or null with a `reason`. A reader reads once. */
  read(ptr: usize, bytes: u32): Value | null {
    if (bytes > configBytesMax) {
      this.reason = "longer than " + configBytesMax.toString() + " bytes";
    } else if (!isUtf8(ptr, bytes)) {
      this.reason = "not UTF-8";
    } else {
      this.text = heap.alloc(bytes + scanPadBytes);
      memory.copy(this.text, ptr, bytes);
      this.readEvents(bytes);
    }
    heap.free(this.text);
    heap.free(changetype<usize>(this.scanner));
    heap.free(changetype<usize>(this.tokens));
    return this.reason.length ? null : this.root;
  }

  private readEvents(bytes: u32): void {
    this.scanner.start();
    this.scanner.feed(this.text, bytes);
    let name = noName;
    while (!this.reason.length) {
      let event = this.scanner.next();
      if (event == JsonEvent.More) event = this.scanner.finish();
      if (event == JsonEvent.Done) return;
      if (event == JsonEvent.Name) {
        name = this.readToken();
      } else {
        this.take(event, name);
        if (event != JsonEvent.StringOpen) name = noName;
      }
    }
  }

  private take(event: JsonEvent, name: Name): void {
    switch (event) {
      case JsonEvent.ObjectOpen:
        this.push(this.place(ValueKind.Object, name));
        break;
      case JsonEvent.ArrayOpen:
        this.push(this.place(ValueKind.Array, name));
        break;
      case JsonEvent.ObjectClose:
      case JsonEvent.ArrayClose:
        this.open.pop();
        break;
      case JsonEvent.StringClose:
        this.place(ValueKind.Text, name).text = this.readToken();
        break;
      case JsonEvent.Number:
        this.place(ValueKind.Number, name).text = this.rawToken();
        break;
      case JsonEvent.True:
        this.place(ValueKind.True, name);
        break;
      case JsonEvent.False:
        this.place(ValueKind.False, name);
        break;
      case JsonEvent.Null:
        this.place(ValueKind.Null, name);
        break;
      case JsonEvent.Fail:
        this.reason = jsonReason(this.scanner.error, this.scanner.errorOffset);
    }
  }

  private place(kind: ValueKind, name: Name): Value {
    const value = new Value(kind, name);
    const depth = this.open.length;
    if (depth == 0) this.root = value;
    else this.open[depth - 1].children.push(value);
    this.values += 1;
    if (this.values > configValuesMax) {
      this.reason = "more than " + configValuesMax.toString() + " values";
    }
    return value;
  }

  private push(value: Value): void {
    this.open.push(value);
    if (<u32>this.open.length > configDepthMax) {
      this.reason = "nested deeper than " + configDepthMax.toString() + " levels";
    }
  }

  private rawToken(): Name {
    const start = this.scanner.tokenStart;
    return nameFromBytes(this.text + start, this.scanner.tokenEnd - start);
  }

  /** The contents of the string token just read: names may be longer than a scanner keeps. */
  private readToken(): Name {
    const start = this.scanner.tokenStart;
    const bytes = this.scanner.tokenEnd - start;
    const contents = new StaticArray<u8>(<i32>bytes);
    let length: u32 = 0;
    this.tokens.start();
    this.tokens.feed(this.text + start, bytes);
    for (;;) {
      const event = this.tokens.next();
      if (event == JsonEvent.StringOpen) this.tokens.wantText();
      else if (event == JsonEvent.Text) {
        memory.copy(
          changetype<usize>(contents) + length,
          this.tokens.textPtr,
          this.tokens.textBytes,
        );
        length += this.tokens.textBytes;
      } else break;
    }
    return nameFromBytes(changetype<usize>(contents), length);
  }
}

function newScanner(): JsonScanner {
  return changetype<JsonScanner>(heap.alloc(offsetof<JsonScanner>()));
}

function jsonReason(error: JsonError, offset: u32): string {
  return "not JSON: " + jsonMistake(error) + " at byte " + offset.toString();
}

function jsonMistake(error: JsonError): string {
  switch (error) {
    case JsonError.ByteOrderMark:
      return "a byte order mark";
    case JsonError.BadEscape:
      return "an escape that JSON does not have";
    case JsonError.ControlInString:
      return "a control character inside a string";
    case JsonError.BadNumber:
      return "a number in a form that JSON does not have";
    case JsonError.TooDeep:
      return "too many open brackets";
    case JsonError.Truncated:
      return "an early end";
    case JsonError.TrailingBytes:
      return "something after the end of the document";
    default:
      return "an unexpected character";
  }
}
