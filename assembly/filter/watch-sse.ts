import { ChatResponseReader, ResponseFind } from "../api/openai-chat-response";
import { SseEvent, SseReader } from "../sse/reader";
import { ResponseEditor } from "./response-editor";
import { Watch } from "./watch";

/** What becomes of the event that is being read. */
const enum Fate {
  /** Not known yet: its bytes are held. */
  Open,
  /** Goes to the client, edited where it must be. */
  Passes,
  /** Is taken out up to the blank line that ends it. */
  Dropped,
}

/** Members of one event that are changed; no server repeats `model` or `usage` in a chunk. */
const editsMax: u32 = 4;
const editBytes: u32 = 12;
const editModel: u32 = 0;
const editUsage: u32 = 1;

/**
 * Watches a stream of chat completion chunks. While it may have to change, an event is held from
 * its first byte until its document's closing brace: by then it is known whether it goes on as it
 * is, with the client's model name, or not at all (the usage chunk that the client did not ask
 * for).
 */
@unmanaged
export class SseWatch {
  private watch: Watch;
  private events: SseReader;
  private fate: Fate;
  /** The event's data has begun, and is a JSON object. */
  private inDocument: bool;
  /** Bytes of data given to the document's reader. */
  private documentBytes: u32;
  private eventStart: u32;
  private editCount: u32;
  private edits: usize;
  /** The stream said that it is over (`[DONE]`). */
  sawEnd: bool;

  static over(watch: Watch): SseWatch {
    const made = changetype<SseWatch>(heap.alloc(offsetof<SseWatch>()));
    memory.fill(changetype<usize>(made), 0, offsetof<SseWatch>());
    made.watch = watch;
    made.events = changetype<SseReader>(heap.alloc(offsetof<SseReader>()));
    made.events.start();
    made.edits = heap.alloc(editsMax * editBytes);
    return made;
  }

  /** True when the stream stands inside an event: it was cut there if nothing follows. */
  get eventOpen(): bool {
    return this.events.eventOpen;
  }

  feed(ptr: usize, bytes: u32, at: u32, editor: ResponseEditor | null): void {
    const events = this.events;
    events.feed(ptr, bytes);
    while (true) {
      const event = events.next();
      if (event == SseEvent.More) return;
      if (event == SseEvent.Data) {
        this.data(events.dataPtr, events.dataBytes, at + <u32>(events.dataPtr - ptr), editor);
      } else if (event == SseEvent.DataEnd) {
        this.endLine();
      } else {
        this.endEvent(at + events.position, editor);
      }
    }
  }

  /** Where holding begins after this chunk; positions move to what is kept. */
  keepFrom(editor: ResponseEditor): u32 {
    if (this.fate == Fate.Dropped) editor.cut(this.eventStart, editor.held.bytes);
    const holds = this.fate == Fate.Open && this.events.eventOpen;
    const from = holds ? this.eventStart : editor.held.bytes;
    for (let i: u32 = 0; i < this.editCount; i++) {
      const edit = this.edits + i * editBytes;
      store<u32>(edit, load<u32>(edit) - from);
      store<u32>(edit, load<u32>(edit, 4) - from, 4);
    }
    this.eventStart = 0;
    return from;
  }

  /** The editor has no more room: what it holds leaves as it is. */
  letGo(editor: ResponseEditor): void {
    if (this.fate == Fate.Dropped) editor.cut(this.eventStart, editor.held.bytes);
    if (this.fate == Fate.Open) this.fate = Fate.Passes;
    this.editCount = 0;
    this.eventStart = 0;
  }

  private data(ptr: usize, bytes: u32, at: u32, editor: ResponseEditor | null): void {
    if (!this.inDocument) {
      if (this.fate != Fate.Open) return;
      const first = firstByte(ptr, bytes);
      if (first == 0) return;
      if (first != 0x7b) {
        this.fate = Fate.Passes; // `[DONE]`, or nothing that we read
        this.sawEnd = this.sawEnd || first == 0x5b;
        return;
      }
      this.inDocument = true;
      this.documentBytes = 0;
      this.watch.reader.startDocument();
    }
    const base = at - this.documentBytes;
    this.documentBytes += bytes;
    this.watch.reader.feed(ptr, bytes);
    this.read(base, editor);
  }

  private read(base: u32, editor: ResponseEditor | null): void {
    const watch = this.watch;
    const reader = watch.reader;
    while (true) {
      switch (reader.next()) {
        case ResponseFind.More:
          return;
        case ResponseFind.Piece:
          watch.piece();
          break;
        case ResponseFind.ModelClose:
          if (watch.modelBytes != 0) this.addEdit(editModel, base);
          break;
        case ResponseFind.UsageNull:
          if (watch.hidesUsage) this.addEdit(editUsage, base);
          break;
        case ResponseFind.RootClose:
          this.decide(reader, editor);
          break;
        case ResponseFind.End:
          this.inDocument = false;
          if (this.fate == Fate.Open) this.fate = Fate.Passes;
          return;
        default:
      }
    }
  }

  private addEdit(kind: u32, base: u32): void {
    if (this.editCount == editsMax || this.fate != Fate.Open) return;
    const scanner = this.watch.walker.scanner;
    const edit = this.edits + this.editCount * editBytes;
    store<u32>(edit, base + scanner.tokenStart);
    store<u32>(edit, base + scanner.tokenEnd, 4);
    store<u32>(edit, kind, 8);
    this.editCount += 1;
  }

  /** The document is complete: nothing that follows in this event changes what becomes of it. */
  private decide(reader: ChatResponseReader, editor: ResponseEditor | null): void {
    if (this.fate != Fate.Open) return;
    const isUsageOnly = reader.hasUsage && !reader.hasContent;
    this.fate = this.watch.hidesUsage && isUsageOnly ? Fate.Dropped : Fate.Passes;
    if (editor === null) return;
    if (this.fate == Fate.Dropped) return;
    for (let i: u32 = 0; i < this.editCount; i++)
      this.applyEdit(this.edits + i * editBytes, editor);
    this.editCount = 0;
  }

  private applyEdit(edit: usize, editor: ResponseEditor): void {
    const start = load<u32>(edit);
    const end = load<u32>(edit, 4);
    if (load<u32>(edit, 8) == editModel) {
      editor.replaceWithText(start, end, this.watch.modelPtr, this.watch.modelBytes);
      return;
    }
    const text = editor.held.ptr;
    const from = memberStart(text, start);
    if (load<u8>(text + from) == 0x2c) editor.cut(from, end);
    else editor.cut(from, behindComma(text, end, editor.held.bytes));
  }

  private endLine(): void {
    if (!this.inDocument) return;
    // Data lines of one event are joined with LF, which a document may hold between its tokens.
    this.watch.reader.feed(lineFeed, 1);
    this.documentBytes += 1;
    this.read(0, null);
  }

  private endEvent(end: u32, editor: ResponseEditor | null): void {
    if (this.fate == Fate.Dropped && editor !== null) editor.cut(this.eventStart, end);
    this.fate = Fate.Open;
    this.inDocument = false;
    this.editCount = 0;
    this.eventStart = end;
  }

  dispose(): void {
    heap.free(this.edits);
    heap.free(changetype<usize>(this.events));
    heap.free(changetype<usize>(this));
  }
}

const lineFeed: usize = memory.data<u8>([
  0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0,
]);

/**
 * Where the member whose value begins at `value` starts: at the comma before its name, or at the
 * name where it is the first of its object.
 */
function memberStart(text: usize, value: u32): u32 {
  let at = value;
  while (at > 0 && load<u8>(text + at - 1) != 0x22) at--;
  if (at > 0) at--;
  while (at > 0 && load<u8>(text + at - 1) != 0x22) at--;
  if (at > 0) at--;
  const name = at;
  while (at > 0 && isSpace(load<u8>(text + at - 1))) at--;
  return at > 0 && load<u8>(text + at - 1) == 0x2c ? at - 1 : name;
}

function behindComma(text: usize, from: u32, end: u32): u32 {
  let at = from;
  while (at < end && isSpace(load<u8>(text + at))) at++;
  return at < end && load<u8>(text + at) == 0x2c ? at + 1 : from;
}

/** The first byte that is not white space, 0 when there is none. */
function firstByte(ptr: usize, bytes: u32): u8 {
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = load<u8>(ptr + i);
    if (!isSpace(byte)) return byte;
  }
  return 0;
}

function isSpace(byte: u8): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}
