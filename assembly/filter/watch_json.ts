import { ResponseFind } from "../api/openai_chat_response";
import { Answer } from "./answer";
import { noOffset, ResponseEditor } from "./response_editor";

/**
 * Watches an answer that is one JSON document. Bytes pass as they come; only an open `model` value
 * is held back until it is whole, where the client's own name takes its place.
 */
@unmanaged
export class JsonWatch {
  private answer: Answer;
  /** Bytes of the document given to its reader. */
  private documentBytes: u32;
  private modelOpenAt: u32;
  private broken: bool;
  /** The document was read to its end, or is none. */
  ended: bool;
  /** Bytes that could not be read as the document. */
  lostBytes: u64;

  static over(answer: Answer): JsonWatch {
    const made = changetype<JsonWatch>(heap.alloc(offsetof<JsonWatch>()));
    made.answer = answer;
    made.documentBytes = 0;
    made.modelOpenAt = noOffset;
    made.ended = false;
    made.lostBytes = 0;
    made.broken = false;
    return made;
  }

  /** Takes the next bytes, which stand at `at` in what the editor holds. */
  feed(ptr: usize, bytes: u32, at: u32, editor: ResponseEditor | null): void {
    if (this.broken) this.lostBytes += bytes;
    if (this.ended) return;
    const reader = this.answer.reader;
    const base = at - this.documentBytes;
    reader.feed(ptr, bytes);
    this.documentBytes += bytes;
    while (true) {
      const find = reader.next();
      if (find == ResponseFind.More) return;
      if (find == ResponseFind.Piece) this.answer.piece();
      else if (find == ResponseFind.ModelOpen) this.openModel(base);
      else if (find == ResponseFind.ModelClose) this.closeModel(base, editor);
      else if (find == ResponseFind.RootClose) {
        this.ended = true;
        return;
      } else if (find == ResponseFind.End) {
        this.breakOff(bytes);
        return;
      }
    }
  }

  /** Where holding begins after this chunk. */
  keepFrom(): u32 {
    const from = this.modelOpenAt;
    if (from != noOffset) this.modelOpenAt = 0; // it is the first byte held from now on
    return from;
  }

  /** The editor has no more room: the open value leaves as it is. */
  letGo(): void {
    this.modelOpenAt = noOffset;
  }

  /** It is no JSON: what is left passes unread, and nothing is held for it any more. */
  private breakOff(bytes: u32): void {
    this.ended = true;
    this.broken = true;
    this.lostBytes = bytes;
    this.modelOpenAt = noOffset;
  }

  private openModel(base: u32): void {
    const answer = this.answer;
    if (answer.modelBytes != 0) this.modelOpenAt = base + answer.walker.scanner.tokenStart;
  }

  private closeModel(base: u32, editor: ResponseEditor | null): void {
    const answer = this.answer;
    if (this.modelOpenAt == noOffset || editor === null) return;
    const end = base + answer.walker.scanner.tokenEnd;
    editor.replaceWithText(this.modelOpenAt, end, answer.modelPtr, answer.modelBytes);
    this.modelOpenAt = noOffset;
  }

  dispose(): void {
    heap.free(changetype<usize>(this));
  }
}
