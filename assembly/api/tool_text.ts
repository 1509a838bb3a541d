import { jsonNameBytesMax } from "../bounds";
import { TextCounter } from "../bpe/counter";
import { Encoding } from "../bpe/encoding";
import { JsonEvent } from "../json/event";
import { JsonScanner } from "../json/scanner";
import { JsonEcho, newJsonEcho } from "./json_echo";
import { Place } from "./tool_places";
import { newToolSchema, ToolSchema } from "./tool_schema";
import { ToolStyle } from "../prompt/tool_style";

/** Bytes of a name beyond what the scanner keeps of it that make one token, about. */
const nameBytesPerToken: u64 = 4;

/** Around a response format: its heading and its name's. */
const formatTokens: u64 = 7;

/**
 * Counts what a model is told of its tools and of the form of its answer, from the events of
 * `tools`, `functions` or `response_format`, in the style of its family: an estimate, whose worth
 * is shown in `host-tests/unit/api_tools.test.ts`. State and work are bounded as the scanner's are.
 */
@unmanaged
export class ToolText {
  /** Of the value that was taken last. */
  tokens: u64;
  tools: u32;
  private style: ToolStyle;
  private encoding: Encoding;
  private nestedLine: u32;
  private isFormat: bool;
  /** Containers open of the value. */
  private depth: u32;
  private counter: TextCounter;
  private echo: JsonEcho;
  private schema: ToolSchema;

  /** For all values to come. `encoding` must not be `None`. */
  start(encoding: Encoding, style: ToolStyle, nestedLine: u32): void {
    this.encoding = encoding;
    this.style = style;
    this.nestedLine = nestedLine;
    this.counter.dispose();
    this.counter.start(encoding);
  }

  /** Before the event that opens a value. */
  begin(place: Place): void {
    this.tokens = 0;
    this.tools = 0;
    this.depth = 0;
    this.isFormat = place == Place.Format;
    this.schema.start(place, this.encoding, this.nestedLine);
  }

  /** Of the value so far: what its elements come to, and how many tools they are. */
  get tokensSoFar(): u64 {
    return this.tokens + this.schema.tokens;
  }

  get toolsSoFar(): u32 {
    return this.tools + this.schema.functions;
  }

  /** Adds an element that is known to come to this much. */
  add(tokens: u64, tools: u32): void {
    this.tokens += tokens;
    this.tools += tools;
  }

  /** The next event of the value, which the last one closes. */
  take(event: JsonEvent, scanner: JsonScanner): void {
    if (event == JsonEvent.Name && scanner.nameOverflowed) this.addLongName(scanner);
    if (this.isFormat || this.style == ToolStyle.TypeScript) this.schema.take(event, scanner);
    else this.takeJson(event, scanner);
  }

  /** The value is closed: `tokens` and `tools` are what it comes to. */
  end(): void {
    if (this.isFormat) {
      this.tokens += this.schema.tokens;
      if (this.tokens != 0) this.tokens += formatTokens;
    } else if (this.style == ToolStyle.TypeScript) {
      this.tokens += this.schema.tokens;
      this.tools += this.schema.functions;
    }
  }

  dispose(): void {
    this.counter.dispose();
    this.schema.dispose();
    heap.free(changetype<usize>(this.echo));
    heap.free(changetype<usize>(this.counter));
    heap.free(changetype<usize>(this));
  }

  init(): ToolText {
    this.counter = changetype<TextCounter>(heap.alloc(offsetof<TextCounter>()));
    this.counter.start(Encoding.None);
    this.echo = newJsonEcho();
    this.schema = newToolSchema(this.counter, this.echo);
    return this;
  }

  /** Each element of the list is written out for itself. */
  private takeJson(event: JsonEvent, scanner: JsonScanner): void {
    const closes = event == JsonEvent.ObjectClose || event == JsonEvent.ArrayClose;
    const opens = event == JsonEvent.ObjectOpen || event == JsonEvent.ArrayOpen;
    if (closes) this.depth -= 1;
    if (this.depth == 0) {
      this.depth = opens ? 1 : 0;
      return;
    }
    const begins = this.depth == 1 && !closes && event != JsonEvent.Text;
    if (begins && event != JsonEvent.StringClose) this.echo.start(this.counter, this.style);
    if (opens) this.depth += 1;
    this.echo.take(event, scanner);
    if (this.echo.depth != 0 || event == JsonEvent.StringOpen || event == JsonEvent.Text) return;
    this.echo.flush();
    this.tokens += this.counter.finish();
    this.tools += 1;
    this.counter.start(this.encoding);
  }

  private addLongName(scanner: JsonScanner): void {
    const rawBytes = <u64>(scanner.tokenEnd - scanner.tokenStart);
    this.tokens += (rawBytes - min<u64>(rawBytes, jsonNameBytesMax)) / nameBytesPerToken;
  }
}

export function newToolText(): ToolText {
  return changetype<ToolText>(heap.alloc(offsetof<ToolText>())).init();
}
