import { scanPadBytes } from "../bounds";
import { TextCounter } from "../bpe/counter";
import { JsonEvent } from "../json/event";
import { JsonScanner } from "../json/scanner";
import { ToolStyle } from "../prompt/tool_style";

/** Written text is counted when so much of it has gathered. */
const gatheredBytesMax: u32 = 512;
const indentSpaces: u32 = 4;
/** Deeper lines are indented no further: a byte of the value must not cost many of white space. */
const indentDepthMax: u32 = 8;

const gathered: usize = memory.data(gatheredBytesMax + scanPadBytes, 16);
const spaces: usize = memory.data<u64>([
  0x2020202020202020, 0x2020202020202020, 0x2020202020202020, 0x2020202020202020,
]);

/**
 * Writes a JSON value anew from a scanner's events, as Python's `json.dumps(ensure_ascii=False)`
 * writes it, which is what chat templates call, and counts the tokens of that text. `TypeScript`
 * stands for no white space at all. The counter is the caller's: it starts it, and ends it when the
 * value has closed and `flush` was called. One value at a time in the whole module.
 */
@unmanaged
export class JsonEcho {
  /** Containers open of the value. */
  depth: u32;
  private counter: TextCounter;
  private style: ToolStyle;
  private bytes: u32;
  /** A value stands before the next one. */
  private follows: bool;
  /** A container was opened, and nothing stands in it yet. */
  private opened: bool;

  start(counter: TextCounter, style: ToolStyle): void {
    this.counter = counter;
    this.style = style;
    this.depth = 0;
    this.bytes = 0;
    this.follows = false;
    this.opened = false;
  }

  /** The next event of the value. Asks the scanner for the text of strings. */
  take(event: JsonEvent, scanner: JsonScanner): void {
    switch (event) {
      case JsonEvent.ObjectOpen:
      case JsonEvent.ArrayOpen:
        return this.open(event == JsonEvent.ObjectOpen ? 0x7b : 0x5b);
      case JsonEvent.ObjectClose:
      case JsonEvent.ArrayClose:
        return this.close(event == JsonEvent.ObjectClose ? 0x7d : 0x5d);
      case JsonEvent.Name:
        return this.name(scanner);
      case JsonEvent.StringOpen:
        this.separate();
        this.byte(0x22);
        scanner.wantText();
        return;
      case JsonEvent.Text:
        return this.text(scanner.textPtr, scanner.textBytes);
      case JsonEvent.StringClose:
        this.byte(0x22);
        this.follows = true;
        return;
      default:
        this.scalar(event, scanner);
    }
  }

  /** Counts what is still gathered. */
  flush(): void {
    this.counter.feed(gathered, this.bytes);
    this.bytes = 0;
  }

  private open(bracket: u8): void {
    this.separate();
    this.byte(bracket);
    this.depth += 1;
    this.follows = false;
    this.opened = true;
  }

  private close(bracket: u8): void {
    this.depth -= 1;
    if (!this.opened) this.breakLine();
    this.byte(bracket);
    this.opened = false;
    this.follows = true;
  }

  private name(scanner: JsonScanner): void {
    this.separate();
    this.byte(0x22);
    this.text(scanner.namePtr, scanner.nameBytes);
    this.byte(0x22);
    this.byte(0x3a);
    if (this.style != ToolStyle.TypeScript) this.byte(0x20);
    this.follows = false;
    this.opened = false;
  }

  private scalar(event: JsonEvent, scanner: JsonScanner): void {
    this.separate();
    if (event == JsonEvent.Number) this.copy(scanner.numberPtr, scanner.numberBytes);
    else if (event == JsonEvent.True) this.ascii("true");
    else if (event == JsonEvent.False) this.ascii("false");
    else if (event == JsonEvent.Null) this.ascii("null");
    this.follows = true;
  }

  /** What stands before a name, or before a value that has none. */
  private separate(): void {
    if (this.follows) {
      this.byte(0x2c);
      if (this.style == ToolStyle.Json) this.byte(0x20);
      this.breakLine();
    } else if (this.opened) {
      this.breakLine();
    }
    this.opened = false;
  }

  private breakLine(): void {
    if (this.style != ToolStyle.Indented) return;
    this.byte(0x0a);
    this.copy(spaces, min(this.depth, indentDepthMax) * indentSpaces);
  }

  private text(ptr: usize, bytes: u32): void {
    let from = ptr;
    const end = ptr + bytes;
    for (let at = ptr; at < end; at++) {
      const byte = load<u8>(at);
      if (byte >= 0x20 && byte != 0x22 && byte != 0x5c) continue;
      this.copy(from, <u32>(at - from));
      this.escape(byte);
      from = at + 1;
    }
    this.copy(from, <u32>(end - from));
  }

  private escape(byte: u8): void {
    this.byte(0x5c);
    switch (byte) {
      case 0x08:
        return this.byte(0x62);
      case 0x09:
        return this.byte(0x74);
      case 0x0a:
        return this.byte(0x6e);
      case 0x0c:
        return this.byte(0x66);
      case 0x0d:
        return this.byte(0x72);
      case 0x22:
      case 0x5c:
        return this.byte(byte);
      default:
        this.ascii("u00");
        this.byte(0x30 + (byte >> 4));
        this.byte((byte & 15) + ((byte & 15) < 10 ? 0x30 : 0x57));
    }
  }

  private ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.byte(<u8>text.charCodeAt(i));
  }

  private byte(byte: u8): void {
    if (this.bytes == gatheredBytesMax) this.flush();
    store<u8>(gathered + this.bytes, byte);
    this.bytes += 1;
  }

  private copy(ptr: usize, bytes: u32): void {
    while (bytes != 0) {
      if (this.bytes == gatheredBytesMax) this.flush();
      const more = min(bytes, gatheredBytesMax - this.bytes);
      memory.copy(gathered + this.bytes, ptr, more);
      this.bytes += more;
      ptr += more;
      bytes -= more;
    }
  }
}

export function newJsonEcho(): JsonEcho {
  return changetype<JsonEcho>(heap.alloc(offsetof<JsonEcho>()));
}
