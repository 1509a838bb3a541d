import { bodySlices, BodySlices } from "../abi/body";
import { cutStream } from "../abi/host";
import { BufferType } from "../abi/types";
import { Walker } from "../api/walker";
import { Encoding } from "../bpe/encoding";
import { Answer, newAnswer } from "./answer";
import { newResponseEditor, noOffset, ResponseEditor } from "./response_editor";
import { ResponseForm } from "./response_head";
import { JsonWatch } from "./watch_json";
import { SseWatch } from "./watch_sse";

/**
 * The fourth verb for one response: reads usage and delivered text from the bytes as they pass, and
 * puts the client's own words back where the request was changed.
 */
@unmanaged
export class Watch {
  form: ResponseForm;
  answer: Answer;
  /** Null when nothing of the response may have to change. */
  editor: ResponseEditor | null;
  /** What was delivered is counted at all; and token by token, not estimated. */
  counts: bool;
  countsExactly: bool;
  /** Bytes of the response's body so far. */
  bytes: u64;
  /** Of these, those that the host did not show: they passed as they came. */
  unreadBytes: u64;
  private json: JsonWatch | null;
  private sse: SseWatch | null;
  private ownTokens: u64;
  private ownTokensKnown: bool;

  /** Begins; what of `answer` must change has been said before. */
  start(walker: Walker, form: ResponseForm, encoding: Encoding): void {
    const answer = this.answer;
    answer.walker = walker;
    answer.reader.start(walker, encoding);
    this.form = form;
    this.countsExactly = encoding != Encoding.None;
    if (form == ResponseForm.Opaque) return;
    if (form == ResponseForm.Sse) this.sse = SseWatch.over(answer);
    else this.json = JsonWatch.over(answer);
    if (answer.mayChange) this.editor = newResponseEditor();
  }

  /** Our own count of all text delivered; ends the count. */
  outputTokens(): u64 {
    if (!this.ownTokensKnown) this.ownTokens = this.answer.reader.outputTokens();
    this.ownTokensKnown = true;
    return this.ownTokens;
  }

  /** The answer stopped inside a document. */
  get cutShort(): bool {
    const sse = this.sse;
    if (this.unreadBytes != 0) return false; // nobody knows
    if (this.bytes == 0) return false; // as with a 204
    if (sse !== null) return sse.eventOpen;
    const json = this.json;
    return json !== null && !json.ended;
  }

  /** Bytes that passed without being understood: not shown by the host, or not readable. */
  get unknownBytes(): u64 {
    const sse = this.sse;
    const json = this.json;
    let bytes = this.unreadBytes;
    if (sse !== null) bytes += sse.lostBytes;
    if (json !== null) bytes += json.lostBytes;
    return bytes;
  }

  /** Takes the current chunk of `size` bytes; `last` when nothing can come after it. */
  chunk(size: u32, last: bool, lengthOpen: bool): void {
    this.bytes += size;
    if (this.form == ResponseForm.Opaque) return;
    const editor = this.editor;
    if (editor !== null) editor.begin();
    const slices = bodySlices(BufferType.ResponseBody, 0, size);
    let read: u32 = 0;
    while (slices.next()) {
      if (editor !== null && read != 0) editor.flush(this.keepFrom(editor));
      read += slices.bytes;
      this.slice(slices, editor);
    }
    this.unreadBytes += size - read;
    if (editor === null) return;
    if (read != size) {
      this.letGo();
      editor.release(read, lengthOpen);
      return;
    }
    const from = this.keepFrom(editor);
    if (editor.finish(size, last ? noOffset : from, lengthOpen)) return;
    this.letGo();
    if (editor.heldEarlier) cutStream(); // better no answer than one with a hole
  }

  private slice(slices: BodySlices, editor: ResponseEditor | null): void {
    let ptr = slices.ptr;
    const bytes = slices.bytes;
    let at: u32 = 0;
    if (editor !== null) {
      if (editor.wouldOverflow(bytes)) this.letGo();
      at = editor.append(ptr, bytes);
      ptr = editor.held.ptr + at;
    }
    const sse = this.sse;
    if (sse !== null) sse.feed(ptr, bytes, at, editor);
    const json = this.json;
    if (json !== null) json.feed(ptr, bytes, at, editor);
  }

  /** What is held must leave unchanged: it grew past its bound, or the host failed us. */
  private letGo(): void {
    const sse = this.sse;
    if (sse !== null) sse.letGo();
    const json = this.json;
    if (json !== null) json.letGo();
  }

  private keepFrom(editor: ResponseEditor): u32 {
    const sse = this.sse;
    if (sse !== null) return sse.keepFrom(editor);
    const json = this.json;
    return json !== null ? json.keepFrom() : noOffset;
  }

  dispose(): void {
    const editor = this.editor;
    if (editor !== null) editor.dispose();
    const sse = this.sse;
    if (sse !== null) sse.dispose();
    const json = this.json;
    if (json !== null) json.dispose();
    this.answer.dispose();
    heap.free(changetype<usize>(this));
  }
}

export function newWatch(): Watch {
  const made = changetype<Watch>(heap.alloc(offsetof<Watch>()));
  memory.fill(changetype<usize>(made), 0, offsetof<Watch>());
  made.answer = newAnswer();
  return made;
}
