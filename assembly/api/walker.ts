import { shapeDepthMax } from "../bounds";
import { JsonEvent, JsonScanner } from "../json/scanner";
import { noField, rootContext, Shape, ShapeRule } from "./shape";

/** What `Walker.next()` reports. Values that the shape does not name pass without an event. */
export const enum WalkEvent {
  More,
  ObjectOpen,
  ObjectClose,
  ArrayOpen,
  ArrayClose,
  TextOpen,
  Text,
  TextClose,
  Number,
  True,
  False,
  Null,
  /** Inside of a tree: `treeEvent` is what the scanner found there. And its last event. */
  Tree,
  TreeClose,
  /** Bytes of a container that was wanted raw: `rawPtr`, `rawBytes`. And the last of them. */
  Raw,
  RawClose,
  /** Another member of a name that this object already had; only where the shape is strict. */
  Repeated,
  /** A name that a case-folding reader would take for one of ours; only where strict. */
  LookAlike,
  Done,
  Fail,
}

const enum Passing {
  Nothing,
  Named,
  Unknown,
}

/**
 * An unknown value up to this size is a setting; above it, it may be text that a model is given.
 */
const settingBytesMax: u32 = 64;


@unmanaged
class Level {
  rule: ShapeRule;
  element: ShapeRule | null;
  /** One bit for each rule of the context whose member was seen. */
  seen: u64;
  context: i32;
  isArray: bool;
  /** Names read so far, known or not; and those not known. */
  members: u32;
  unknown: u32;
}

/**
 * Reads a document by a `Shape`: steps into the members that the shape names, passes over the rest,
 * and reports each value with its field. Incremental like the scanner below it, and as bounded.
 */
@unmanaged
export class Walker {
  scanner: JsonScanner;
  /** Field of the value reported last; for a close, of the container that closed. */
  field: i32;
  /** Context of the object or array that holds it. */
  context: i32;
  /** After an Open: the container is not looked into, and its close is not reported. */
  skipped: bool;
  /** After ObjectClose: how many members the object had, and how many that the shape lacks. */
  members: u32;
  unknown: u32;
  /** Containers that the shape calls trees are reported event by event, not passed over. */
  readsTrees: bool;
  treeEvent: JsonEvent;
  /** Containers open inside of the tree that is being read, itself included; 0 outside of one. */
  private treeDepth: u32;
  /** Of the last Raw event: valid until the next call. */
  rawPtr: usize;
  rawBytes: u32;
  /** A container is passed over raw, which may be the tree itself; where its next bytes lie. */
  private rawOpen: bool;
  private rawIsTree: bool;
  private rawAt: usize;
  /** What came behind the bytes of the last Raw event. */
  private rawFollows: bool;
  private rawNext: JsonEvent;
  /** Bytes of all values so far that were passed over: of named members, and of unknown ones. */
  passedBytes: u64;
  unknownBytes: u64;
  private shape: Shape;
  private member: ShapeRule | null;
  private levels: usize;
  private level: u32;
  /** What the scanner is passing over, to be added up when it is through. */
  private passing: Passing;

  start(shape: Shape): void {
    this.scanner.start();
    this.shape = shape;
    this.member = shape.root;
    this.level = 0;
    this.field = noField;
    this.context = 0;
    this.skipped = false;
    this.members = 0;
    this.unknown = 0;
    this.readsTrees = false;
    this.treeDepth = 0;
    this.rawOpen = false;
    this.rawFollows = false;
    this.passedBytes = 0;
    this.unknownBytes = 0;
    this.passing = Passing.Nothing;
  }

  feed(ptr: usize, bytes: u32): void {
    this.scanner.feed(ptr, bytes);
    this.rawAt = ptr;
  }

  next(): WalkEvent {
    while (true) {
      const event = this.rawFollows ? this.rawNext : this.scanner.next();
      this.rawFollows = false;
      if (this.rawOpen && event != JsonEvent.Fail) return this.raw(event);
      if (this.treeDepth != 0) return this.tree(event);
      if (this.passing != Passing.Nothing && event != JsonEvent.More) this.addPassed();
      if (event == JsonEvent.Name) {
        const refusal = this.enterMember();
        if (refusal != WalkEvent.More) return refusal;
      } else {
        return this.report(event);
      }
    }
  }

  finish(): WalkEvent {
    const event = this.next();
    if (event != WalkEvent.More) return event;
    const last = this.scanner.finish();
    return this.treeDepth != 0 ? this.tree(last) : this.report(last);
  }

  /** After TextOpen: the text is reported piece by piece. */
  wantText(): void {
    this.scanner.wantText();
  }

  /** After TextOpen: the text's raw bytes are reported, unchecked (`JsonStringReader.wantRaw`). */
  wantRaw(): void {
    this.scanner.wantRaw();
  }

  /** Containers open inside of the tree that is being read. */
  get depthInTree(): u32 {
    return this.scanner.depth - this.treeDepth;
  }

  /**
   * Right after a container of a tree, or the tree itself, was opened: its bytes are reported from
   * its bracket on, in place of events. They are checked as all others are.
   */
  wantRawContainer(): void {
    const scanner = this.scanner;
    this.rawAt = scanner.origin + scanner.tokenStart;
    this.rawOpen = true;
    this.rawIsTree = scanner.depth == this.treeDepth;
    scanner.skip();
  }

  dispose(): void {
    heap.free(changetype<usize>(this.scanner));
    heap.free(changetype<usize>(this.levels));
    heap.free(changetype<usize>(this));
  }

  init(): Walker {
    this.scanner = changetype<JsonScanner>(heap.alloc(offsetof<JsonScanner>()));
    this.levels = heap.alloc(<usize>shapeDepthMax * offsetof<Level>());
    return this;
  }

  private top(): Level {
    return changetype<Level>(this.levels + <usize>(this.level - 1) * offsetof<Level>());
  }

  /** Rule of the value that begins now. */
  private valueRule(): ShapeRule | null {
    if (this.level == 0) return this.member;
    const top = this.top();
    return top.isArray ? top.element : this.member;
  }

  private addPassed(): void {
    const bytes = this.scanner.skippedEnd - this.scanner.skippedStart;
    if (this.passing == Passing.Named) this.passedBytes += bytes;
    else if (bytes > settingBytesMax) this.unknownBytes += bytes;
    this.passing = Passing.Nothing;
  }

  private enterMember(): WalkEvent {
    const scanner = this.scanner;
    const top = this.top();
    top.members += 1;
    if (scanner.nameOverflowed) return this.passUnknown(top); // longer than any name we know
    const name = scanner.namePtr;
    const rule = this.shape.find(top.context, name, scanner.nameBytes);
    if (rule === null) {
      const alike = this.shape.strict && this.looksLikeMember(top.context);
      this.passUnknown(top);
      return alike ? WalkEvent.LookAlike : WalkEvent.More;
    }
    const bit: u64 = (<u64>1) << rule.index;
    const repeated = (top.seen & bit) != 0;
    top.seen |= bit;
    this.member = rule;
    return repeated && this.shape.strict ? WalkEvent.Repeated : WalkEvent.More;
  }

  private passUnknown(top: Level): WalkEvent {
    top.unknown += 1;
    this.passing = Passing.Unknown;
    this.scanner.skip();
    return WalkEvent.More;
  }

  /** Also of a name that a reader may cut at a NUL, or mend where it is not UTF-8. */
  private looksLikeMember(context: i32): bool {
    const scanner = this.scanner;
    const name = scanner.namePtr;
    const bytes = scanner.nameBytes;
    if (scanner.nameInvalidUtf8) return true;
    for (let i: u32 = 0; i < bytes; i++) if (load<u8>(name + i) == 0) return true;
    return this.shape.looksLikeMember(context, name, bytes);
  }

  /** What of the raw container lies in this chunk; `event` came behind that. */
  private raw(event: JsonEvent): WalkEvent {
    const scanner = this.scanner;
    const open = scanner.muted;
    const end = open ? scanner.at : scanner.origin + scanner.skippedEnd;
    if (open && end == this.rawAt) return WalkEvent.More;
    this.rawPtr = this.rawAt;
    this.rawBytes = <u32>(end - this.rawAt);
    this.rawAt = end;
    this.rawOpen = open;
    this.rawFollows = true;
    this.rawNext = event;
    if (!open && this.rawIsTree) this.treeDepth = 0;
    return open ? WalkEvent.Raw : WalkEvent.RawClose;
  }

  private tree(event: JsonEvent): WalkEvent {
    if (event == JsonEvent.More || event == JsonEvent.Fail) return this.report(event);
    this.treeEvent = event;
    if (this.scanner.depth >= this.treeDepth) return WalkEvent.Tree;
    this.treeDepth = 0;
    return WalkEvent.TreeClose;
  }

  private report(event: JsonEvent): WalkEvent {
    switch (event) {
      case JsonEvent.ObjectOpen:
        return this.open(true);
      case JsonEvent.ArrayOpen:
        return this.open(false);
      case JsonEvent.ObjectClose:
      case JsonEvent.ArrayClose:
        return this.close();
      case JsonEvent.StringOpen:
        return this.scalar(WalkEvent.TextOpen);
      case JsonEvent.Text:
        return WalkEvent.Text;
      case JsonEvent.StringClose:
        return WalkEvent.TextClose;
      case JsonEvent.Number:
        return this.scalar(WalkEvent.Number);
      case JsonEvent.True:
        return this.scalar(WalkEvent.True);
      case JsonEvent.False:
        return this.scalar(WalkEvent.False);
      case JsonEvent.Null:
        return this.scalar(WalkEvent.Null);
      case JsonEvent.Done:
        return WalkEvent.Done;
      case JsonEvent.Fail:
        return WalkEvent.Fail;
      default:
        return WalkEvent.More;
    }
  }

  private scalar(event: WalkEvent): WalkEvent {
    const rule = this.valueRule();
    this.field = rule === null ? noField : rule.field;
    this.context = this.level == 0 ? 0 : this.top().context;
    return event;
  }

  private open(isObject: bool): WalkEvent {
    const rule = this.valueRule();
    this.scalar(WalkEvent.More);
    let inner: i32 = 0;
    if (rule !== null) inner = isObject ? rule.objectContext : rule.arrayContext;
    if (rule !== null && rule.isTree && this.readsTrees) {
      this.skipped = false;
      this.treeDepth = this.scanner.depth;
      return isObject ? WalkEvent.ObjectOpen : WalkEvent.ArrayOpen;
    }
    this.skipped = inner == 0 || this.level >= shapeDepthMax || rule === null;
    if (this.skipped) {
      this.passing = Passing.Named;
      this.scanner.skip();
    } else if (rule !== null) {
      this.push(rule, inner, !isObject);
    }
    return isObject ? WalkEvent.ObjectOpen : WalkEvent.ArrayOpen;
  }

  private push(rule: ShapeRule, context: i32, isArray: bool): void {
    this.level += 1;
    const top = this.top();
    top.rule = rule;
    top.element = isArray ? this.shape.elementRule(context) : null;
    top.seen = 0;
    top.members = 0;
    top.unknown = 0;
    top.context = context;
    top.isArray = isArray;
  }

  private close(): WalkEvent {
    const top = this.top();
    const event = top.isArray ? WalkEvent.ArrayClose : WalkEvent.ObjectClose;
    this.field = top.rule.field;
    this.members = top.members;
    this.unknown = top.unknown;
    this.level -= 1;
    this.context = this.level == 0 ? 0 : this.top().context;
    return event;
  }
}

export function newWalker(): Walker {
  return changetype<Walker>(heap.alloc(offsetof<Walker>())).init();
}

/** True for the object that is the document itself. */
export function isRoot(walker: Walker): bool {
  return walker.field == noField && walker.context == 0;
}

export { rootContext };
