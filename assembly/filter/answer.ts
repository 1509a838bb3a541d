import { callForeign } from "../abi/host";
import { TextKind } from "../api/lanes";
import { ChatResponseReader, newChatResponseReader } from "../api/openai_chat_response";
import { Walker } from "../api/walker";
import { Literal, literal } from "../bytes/literal";
import { textScratch } from "./scratch";

const deliveredCall: Literal = literal("tokenstile.delivered");

/** What is read of one answer, and what in it must not reach the client as it came. */
@unmanaged
export class Answer {
  reader: ChatResponseReader;
  walker: Walker;
  /** The client's own name for the model, put back in place of the upstream's; 0 bytes: left. */
  modelPtr: usize;
  modelBytes: u32;
  /** Usage was asked for on the client's behalf: it must not see it. */
  hidesUsage: bool;
  /** Hand each piece of text to the host (`attach.explain`). */
  explains: bool;

  /** True when something in the answer may have to change. */
  get mayChange(): bool {
    return this.modelBytes != 0 || this.hidesUsage;
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

  dispose(): void {
    this.reader.dispose();
    heap.free(changetype<usize>(this));
  }
}

export function newAnswer(): Answer {
  const made = changetype<Answer>(heap.alloc(offsetof<Answer>()));
  memory.fill(changetype<usize>(made), 0, offsetof<Answer>());
  made.reader = newChatResponseReader();
  return made;
}
