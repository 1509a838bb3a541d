import { ChatResponseReader, ResponseFind } from "../api/openai_chat_response";
import { beganEarlier, SseEvent, SseReader } from "../sse/reader";
import { Answer } from "./answer";
import { ResponseEditor } from "./response_editor";

/** What becomes of the event that is being read. */
const enum Fate {
  /** Not known yet: its bytes are held. */
  Open,
  /** Goes to the client, edited where it must be. */
  Passes,
  /** Is taken out up to the blank line that ends it. */
  Dropped,
}

/** Members of one event that are changed; no server repeats `model` or `usage` so often. */
const editsMax: u32 = 16;
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
  private answer: Answer;
  private events: SseReader;
  private fate: Fate;
  /** The event's data has begun, and is a JSON object. */
  private inDocument: bool;
  /** What its data holds, or holds from here on, is nothing that we read. */
  private ignored: bool;
  /** Its document broke off. */
  private broken: bool;
  /** Bytes of data given to the document's reader. */
  private documentBytes: u32;
  /** Where the chunk at hand stands among the editor's bytes. */
  private chunkAt: u32;
  /** An event was taken out up to a CR that ended its chunk: an LF after it goes, too. */
  private dropsLineFeed: bool;
  private editCount: u32;
  private edits: usize;
  /** Bytes of events that could not be read as documents. */
  lostBytes: u64;

  static over(answer: Answer): SseWatch {
    const made = changetype<SseWatch>(heap.alloc(offsetof<SseWatch>()));
    memory.fill(changetype<usize>(made), 0, offsetof<SseWatch>());
    made.answer = answer;
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
    this.chunkAt = at;
    if (this.dropsLineFeed && bytes != 0) {
      this.dropsLineFeed = false;
      if (load<u8>(ptr) == 0x0a && editor !== null) editor.cut(at, at + 1);
    }
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

  /** Where the event at hand begins; one that began in an earlier chunk is all that is held. */
  private get eventStart(): u32 {
    const start = this.events.eventStart;
    return start == beganEarlier ? 0 : this.chunkAt + start;
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
    this.events.eventStart = beganEarlier;
    return from;
  }

  /** The editor has no more room: what it holds leaves as it is. */
  letGo(): void {
    if (this.fate == Fate.Open && this.events.eventOpen) this.fate = Fate.Passes;
    this.editCount = 0;
  }

  private data(ptr: usize, bytes: u32, at: u32, editor: ResponseEditor | null): void {
    if (!this.inDocument) {
      if (this.ignored) {
        if (this.broken) this.lostBytes += bytes;
        return;
      }
      const first = firstByte(ptr, bytes);
      if (first == 0) return;
      if (first != 0x7b) {
        this.ignored = true;
        this.fate = Fate.Passes;
        return;
      }
      this.inDocument = true;
      this.documentBytes = 0;
      this.answer.reader.startDocument();
    }
    const base = at - this.documentBytes;
    this.documentBytes += bytes;
    this.answer.reader.feed(ptr, bytes);
    this.read(base, editor);
  }

  private read(base: u32, editor: ResponseEditor | null): void {
    const answer = this.answer;
    const reader = answer.reader;
    while (true) {
      switch (reader.next()) {
        case ResponseFind.More:
          return;
        case ResponseFind.Piece:
          answer.piece();
          break;
        case ResponseFind.ModelClose:
          if (answer.modelBytes != 0) this.addEdit(editModel, base);
          break;
        case ResponseFind.UsageNull:
          if (answer.hidesUsage) this.addEdit(editUsage, base);
          break;
        case ResponseFind.RootClose:
          this.decide(reader, editor);
          break;
        case ResponseFind.End:
          this.inDocument = false;
          this.ignored = true;
          this.broken = true;
          this.lostBytes += this.documentBytes;
          if (this.fate == Fate.Open) this.fate = Fate.Passes;
          return;
        default:
      }
    }
  }

  private addEdit(kind: u32, base: u32): void {
    if (this.editCount == editsMax || this.fate != Fate.Open) return;
    const scanner = this.answer.walker.scanner;
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
    this.fate = this.answer.hidesUsage && isUsageOnly ? Fate.Dropped : Fate.Passes;
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
      editor.replaceWithText(start, end, this.answer.modelPtr, this.answer.modelBytes);
      return;
    }
    cutMember(start, end, editor);
  }

  private endLine(): void {
    if (!this.inDocument) return;
    // Data lines of one event are joined with LF, which a document may hold between its tokens.
    this.answer.reader.feed(lineFeed, 1);
    this.documentBytes += 1;
    this.read(0, null);
  }

  private endEvent(end: u32, editor: ResponseEditor | null): void {
    if (this.fate == Fate.Dropped && editor !== null) {
      editor.cut(this.eventStart, end);
      const held = editor.held;
      this.dropsLineFeed = end == held.bytes && load<u8>(held.ptr + end - 1) == 0x0d;
    }
    this.fate = Fate.Open;
    this.inDocument = false;
    this.ignored = false;
    this.broken = false;
    this.editCount = 0;
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
 * Takes out the member whose value stands between the two, with one comma beside it. Where the
 * event breaks its document into lines just there, the member stays, which does no harm.
 */
function cutMember(value: u32, end: u32, editor: ResponseEditor): void {
  const text = editor.held.ptr;
  const name = nameStart(text, value);
  const before = behindText(text, name);
  if (before == 0) return;
  const opening = load<u8>(text + before - 1);
  if (opening == 0x2c) return editor.cut(before - 1, end);
  if (opening != 0x7b) return;
  let after = end;
  while (after < editor.held.bytes && isSpace(load<u8>(text + after))) after++;
  const closing = after < editor.held.bytes ? load<u8>(text + after) : 0;
  if (closing == 0x2c) editor.cut(name, after + 1);
  else if (closing == 0x7d) editor.cut(name, end);
}

/** The opening quote of the name whose member has its value here. */
function nameStart(text: usize, value: u32): u32 {
  let at = value;
  while (at > 0 && load<u8>(text + at - 1) != 0x22) at--;
  if (at > 0) at--;
  while (at > 0 && load<u8>(text + at - 1) != 0x22) at--;
  return at > 0 ? at - 1 : 0;
}

/** Behind the last byte before `at` that is not white space; 0 when there is none. */
function behindText(text: usize, at: u32): u32 {
  while (at > 0 && isSpace(load<u8>(text + at - 1))) at--;
  return at;
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
