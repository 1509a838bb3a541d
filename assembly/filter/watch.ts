import { bodySlices, BodySlices } from "../abi/body";
import { callForeign } from "../abi/host";
import { BufferType } from "../abi/types";
import { TextKind } from "../api/lanes";
import {
  ChatResponseReader,
  newChatResponseReader,
  ResponseFind,
} from "../api/openai-chat-response";
import { Walker } from "../api/walker";
import { Encoding } from "../bpe/encoding";
import { Literal, literal } from "../bytes/literal";
import { newResponseEditor, ResponseEditor } from "./response-editor";
import { textScratch } from "./scratch";
import { SseWatch } from "./watch-sse";

/** How a response is read. */
export const enum ResponseForm {
  /** Encoded, or in no form that is known: passes as it is, and is charged by its size. */
  Opaque,
  Json,
  Sse,
}

const deliveredCall: Literal = literal("tokenstile.delivered");
const noOffset: u32 = u32.MAX_VALUE;

/**
 * The fourth verb for one response: reads usage and delivered text from the bytes as they pass, and
 * puts the client's own words back where the request was changed.
 */
@unmanaged
export class Watch {
  form: ResponseForm;
  reader: ChatResponseReader;
  walker: Walker;
  /** Null when nothing of the response may have to change. */
  editor: ResponseEditor | null;
  sse: SseWatch | null;
  /** Put back in place of the upstream's; 0 bytes: left alone. */
  modelPtr: usize;
  modelBytes: u32;
  hidesUsage: bool;
  /** Hand each piece of text to the host (`attach.explain`). */
  explains: bool;
  /** What was delivered is counted at all; and token by token, not estimated. */
  counts: bool;
  countsExactly: bool;
  /** Bytes of the response's body so far. */
  bytes: u64;
  /** A JSON answer was read to its end. */
  documentEnded: bool;
  private documentBytes: u32;
  private modelOpenAt: u32;
  private ownTokens: u64;
  private ownTokensKnown: bool;

  start(walker: Walker, form: ResponseForm, encoding: Encoding): void {
    this.walker = walker;
    this.form = form;
    this.countsExactly = encoding != Encoding.None;
    this.reader.start(walker, encoding);
    const edits = form != ResponseForm.Opaque && (this.modelBytes != 0 || this.hidesUsage);
    if (edits) this.editor = newResponseEditor();
    if (form == ResponseForm.Sse) this.sse = SseWatch.over(this);
  }

  /** Our own count of all text delivered; ends the count. */
  outputTokens(): u64 {
    if (!this.ownTokensKnown) this.ownTokens = this.reader.outputTokens();
    this.ownTokensKnown = true;
    return this.ownTokens;
  }

  /** The answer stopped inside a document. */
  get cutShort(): bool {
    const sse = this.sse;
    if (sse !== null) return sse.eventOpen;
    return this.form == ResponseForm.Json && !this.documentEnded;
  }

  /** Takes the current chunk of `size` bytes; `last` when nothing can come after it. */
  chunk(size: u32, last: bool, lengthOpen: bool): void {
    this.bytes += size;
    if (this.form == ResponseForm.Opaque) return;
    const editor = this.editor;
    if (editor !== null) editor.begin();
    const slices = bodySlices(BufferType.ResponseBody, 0, size);
    let first = true;
    while (slices.next()) {
      if (editor !== null && !first) editor.flush(this.keepFrom(editor));
      this.slice(slices, editor);
      first = false;
    }
    if (editor === null) return;
    const from = this.keepFrom(editor);
    editor.finish(size, last ? noOffset : from, lengthOpen);
  }

  /** One piece of text went by: with `explain` the host gets its choice (u32) and the piece. */
  piece(): void {
    if (!this.explains || this.reader.pieceKind != TextKind.Content) return;
    const scanner = this.walker.scanner;
    const out = textScratch;
    out.reset();
    const at = out.reserve(4);
    if (!at) return;
    store<u32>(at, this.reader.choice);
    out.bytes = 4;
    out.copy(scanner.textPtr, scanner.textBytes);
    callForeign(deliveredCall, out.ptr, out.bytes);
  }

  private slice(slices: BodySlices, editor: ResponseEditor | null): void {
    let ptr = slices.ptr;
    const bytes = slices.bytes;
    const sse = this.sse;
    let at: u32 = 0;
    if (editor !== null) {
      if (editor.wouldOverflow(bytes)) this.letGo(editor);
      at = editor.append(ptr, bytes);
      ptr = editor.held.ptr + at;
    }
    if (sse !== null) sse.feed(ptr, bytes, at, editor);
    else this.feedJson(ptr, bytes, at, editor);
  }

  /** What is held grew past its bound: it leaves unchanged. */
  private letGo(editor: ResponseEditor): void {
    this.modelOpenAt = noOffset;
    const sse = this.sse;
    if (sse !== null) sse.letGo(editor);
  }

  private keepFrom(editor: ResponseEditor): u32 {
    const sse = this.sse;
    if (sse !== null) return sse.keepFrom(editor);
    const from = this.modelOpenAt;
    if (from != noOffset) this.modelOpenAt = 0; // it is the first byte held from now on
    return from;
  }

  private feedJson(ptr: usize, bytes: u32, at: u32, editor: ResponseEditor | null): void {
    if (this.documentEnded) return;
    const reader = this.reader;
    const base = at - this.documentBytes;
    reader.feed(ptr, bytes);
    this.documentBytes += bytes;
    while (true) {
      const find = reader.next();
      if (find == ResponseFind.More) return;
      if (find == ResponseFind.Piece) this.piece();
      else if (find == ResponseFind.ModelOpen) this.openModel(base);
      else if (find == ResponseFind.ModelClose) this.closeModel(base, editor);
      else if (find == ResponseFind.RootClose || find == ResponseFind.End) {
        this.documentEnded = true;
        return;
      }
    }
  }

  private openModel(base: u32): void {
    if (this.modelBytes != 0) this.modelOpenAt = base + this.walker.scanner.tokenStart;
  }

  private closeModel(base: u32, editor: ResponseEditor | null): void {
    if (this.modelOpenAt == noOffset || editor === null || this.modelBytes == 0) return;
    const end = base + this.walker.scanner.tokenEnd;
    editor.replaceWithText(this.modelOpenAt, end, this.modelPtr, this.modelBytes);
    this.modelOpenAt = noOffset;
  }

  dispose(): void {
    this.reader.dispose();
    const editor = this.editor;
    if (editor !== null) editor.dispose();
    const sse = this.sse;
    if (sse !== null) sse.dispose();
    heap.free(changetype<usize>(this));
  }

  init(): Watch {
    memory.fill(changetype<usize>(this), 0, offsetof<Watch>());
    this.reader = newChatResponseReader();
    this.modelOpenAt = noOffset;
    return this;
  }
}

export function newWatch(): Watch {
  return changetype<Watch>(heap.alloc(offsetof<Watch>())).init();
}
