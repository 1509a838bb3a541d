import { jsonDepthMax } from "../bounds";
import { TextCounter } from "../bpe/counter";
import { Encoding } from "../bpe/encoding";
import { JsonEvent } from "../json/event";
import { JsonScanner } from "../json/scanner";
import { JsonEcho } from "./json_echo";
import { Place, placeOfElement, placeOfMember, placeOpened } from "./tool_places";
import { ToolStyle } from "../prompt/tool_style";

/*
 * OpenAI shows its models each function as a TypeScript type, so a schema costs what these types
 * would (github.com/hmarr/openai-chat-tokens, and openai/harmony which renders them):
 *
 *   // DESCRIPTION
 *   type NAME = (_: {
 *   // DESCRIPTION
 *   NAME?: TYPE,
 *   }) => any;
 *
 * The types are not written out, for members come in any order: each name, description and value
 * is counted for itself, and what stands around it is a number.
 */

/** `type`, ` =`, ` ()`, ` =>`, ` any`, `;` with line feeds. */
const functionTokens: u64 = 6;
/** What `_: {` and `}` add to the empty brackets. */
const argumentsTokens: u64 = 3;
/** `?:`, the type, and a comma with a line feed. */
const propertyTokens: u64 = 3;
/** Quotes and a bar around a text of an `enum`; a bar and a space before a number. */
const textValueTokens: u64 = 3;
const otherValueTokens: u64 = 2;
/** The first value has no bar before it and stands in the place of the type. */
const firstValueSpared: u64 = 3;
/** A bar and a type. */
const choiceTokens: u64 = 2;
/** What a name that no rule knows has around it. */
const otherTokens: u64 = 2;

const space: usize = memory.data<u64>([0x20, 0, 0, 0, 0]);
const lineFeed: usize = memory.data<u64>([0x0a, 0, 0, 0, 0]);

/** Counts a list of tools, or a response format, by the rule above, event by event. */
@unmanaged
export class ToolSchema {
  tokens: u64;
  /** Functions so far. */
  functions: u32;
  private counter: TextCounter;
  private echo: JsonEcho;
  private encoding: Encoding;
  private nestedLine: u64;
  private commentTokens: u64;
  /** A byte for each open container: its place. */
  private places: usize;
  private depth: u32;
  /** How deep the function at hand stands. */
  private functionDepth: u32;
  /** The place of the value to come. */
  private next: Place;
  private echoing: bool;
  private sawArguments: bool;
  /** The text that is counted is a description, which ends with its line. */
  private inComment: bool;
  private values: u32;

  /** Begins with the event that opens the value; `place` is Tools, Functions or Format. */
  start(place: Place, encoding: Encoding, nestedLine: u32): void {
    this.tokens = 0;
    this.functions = 0;
    this.encoding = encoding;
    // cl100k_base has no token that begins a comment together with the line feed before it, and
    // the models that use it were shown nested types indented.
    const isCl100k = encoding == Encoding.Cl100kBase;
    this.commentTokens = isCl100k ? 1 : 0;
    this.nestedLine = isCl100k ? max<u32>(nestedLine, 1) : nestedLine;
    this.depth = 0;
    this.functionDepth = 0;
    this.next = place;
    this.echoing = false;
    this.inComment = false;
    this.values = 0;
  }

  /** The next event of the value, up to the one that closes it. */
  take(event: JsonEvent, scanner: JsonScanner): void {
    if (this.echoing) return this.takeEcho(event, scanner);
    switch (event) {
      case JsonEvent.Name:
        return this.name(scanner);
      case JsonEvent.ObjectOpen:
      case JsonEvent.ArrayOpen:
        return this.open(event, scanner);
      case JsonEvent.ObjectClose:
      case JsonEvent.ArrayClose:
        this.depth -= 1;
        return;
      case JsonEvent.Text:
        this.counter.feed(scanner.textPtr, scanner.textBytes);
        return;
      case JsonEvent.StringClose:
        if (this.inComment) this.counter.feed(lineFeed, 1);
        this.inComment = false;
        this.tokens += this.counter.finish();
        this.counter.start(this.encoding);
        return;
      default:
        this.scalar(event, scanner);
    }
  }

  dispose(): void {
    heap.free(this.places);
    heap.free(changetype<usize>(this));
  }

  init(counter: TextCounter, echo: JsonEcho): ToolSchema {
    this.counter = counter;
    this.echo = echo;
    this.places = heap.alloc(jsonDepthMax);
    this.depth = 0;
    return this;
  }

  private name(scanner: JsonScanner): void {
    const place = this.top();
    this.next = placeOfMember(place, scanner.namePtr, scanner.nameBytes);
    if (place == Place.Arguments || place == Place.Properties) {
      if (place == Place.Arguments && !this.sawArguments) this.tokens += argumentsTokens;
      if (place == Place.Arguments) this.sawArguments = true;
      this.tokens += propertyTokens + this.lineTokens(this.depth) + this.nameTokens(scanner);
    } else if (this.next == Place.Other) {
      this.tokens += otherTokens + this.nameTokens(scanner);
    }
  }

  private nameTokens(scanner: JsonScanner): u64 {
    this.counter.feed(scanner.namePtr, scanner.nameBytes);
    const tokens = this.counter.finish();
    this.counter.start(this.encoding);
    return tokens;
  }

  /** What it costs that a line stands below a function's own arguments. */
  private lineTokens(depth: u32): u64 {
    const isNested = depth > this.functionDepth + argumentsBelow;
    return isNested ? this.nestedLine : 0;
  }

  private open(event: JsonEvent, scanner: JsonScanner): void {
    const opened = placeOpened(this.valuePlace(), event == JsonEvent.ObjectOpen);
    if (opened == Place.Other) return this.startEcho(event, scanner);
    this.push(opened);
    if (opened == Place.Function) {
      this.functions += 1;
      this.functionDepth = this.depth;
      this.sawArguments = false;
      this.tokens += functionTokens;
    } else if (opened == Place.Values || opened == Place.Types || opened == Place.Choices) {
      this.values = 0;
    }
  }

  private scalar(event: JsonEvent, scanner: JsonScanner): void {
    const place = this.valuePlace();
    const isText = event == JsonEvent.StringOpen;
    if (place == Place.Other) return this.startEcho(event, scanner);
    if (place == Place.Values) return this.value(isText, event, scanner);
    if (place == Place.Types) {
      if (this.values++ != 0) this.tokens += choiceTokens;
      return;
    }
    if (place == Place.Unread || place == Place.Type || !isText) return;
    if (place == Place.FunctionName) return this.want(scanner, true);
    const isComment = place == Place.FunctionDescription || place == Place.Description;
    if (!isComment) return this.startEcho(event, scanner);
    this.inComment = true;
    this.tokens += this.commentTokens;
    if (place == Place.Description) this.tokens += this.lineTokens(this.depth - 1);
    this.want(scanner, true);
  }

  /** The text of the string that was opened is counted, where it stands behind a space with it. */
  private want(scanner: JsonScanner, behindSpace: bool): void {
    if (behindSpace) this.counter.feed(space, 1);
    scanner.wantText();
  }

  private value(isText: bool, event: JsonEvent, scanner: JsonScanner): void {
    this.tokens += isText ? textValueTokens : otherValueTokens;
    if (this.values++ == 0) this.tokens -= min(this.tokens, firstValueSpared);
    if (isText) return this.want(scanner, false);
    if (event != JsonEvent.Number) {
      this.tokens += 1;
      return;
    }
    this.counter.feed(scanner.numberPtr, scanner.numberBytes);
    this.tokens += this.counter.finish();
    this.counter.start(this.encoding);
  }

  private startEcho(event: JsonEvent, scanner: JsonScanner): void {
    this.echoing = true;
    this.echo.start(this.counter, ToolStyle.TypeScript);
    this.takeEcho(event, scanner);
  }

  private takeEcho(event: JsonEvent, scanner: JsonScanner): void {
    this.echo.take(event, scanner);
    if (this.echo.depth != 0 || event == JsonEvent.StringOpen || event == JsonEvent.Text) return;
    this.echo.flush();
    this.tokens += this.counter.finish();
    this.counter.start(this.encoding);
    this.echoing = false;
  }

  private valuePlace(): Place {
    if (this.depth == 0) return this.next;
    const top = this.top();
    if (top == Place.Unread) return Place.Unread;
    if (top == Place.Choices && this.values++ != 0) this.tokens += choiceTokens;
    const place = placeOfElement(top);
    return place != Place.Unread ? place : this.next;
  }

  private top(): Place {
    return this.depth == 0 ? Place.Unread : <Place>load<u8>(this.places + this.depth - 1);
  }

  private push(place: Place): void {
    if (this.depth < jsonDepthMax) store<u8>(this.places + this.depth, <u8>place);
    this.depth += 1;
  }
}

/** A function, its parameters and their properties are open where an argument's name stands. */
const argumentsBelow: u32 = 2;

export function newToolSchema(counter: TextCounter, echo: JsonEcho): ToolSchema {
  return changetype<ToolSchema>(heap.alloc(offsetof<ToolSchema>())).init(counter, echo);
}
