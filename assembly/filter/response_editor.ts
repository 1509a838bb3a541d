import { replaceResponseChunk } from "../abi/body";
import { Status } from "../abi/types";
import { heldBytesMax, scanPadBytes } from "../bounds";
import { ByteWriter, newByteWriter } from "../bytes/writer";
import { bodyScratch, releaseScratch } from "./scratch";

/** No position in what is held. */
export const noOffset: u32 = u32.MAX_VALUE;

/**
 * Changes a response while it streams through. Bytes that may still have to change are held back
 * from the client; all others leave with the chunk they came in. `held` is what is at hand: bytes
 * kept from earlier chunks, then the current one. Offsets are positions in it.
 */
@unmanaged
export class ResponseEditor {
  held: ByteWriter;
  /** Bytes before this have been written out or dropped. */
  private emitted: u32;
  /** Bytes that were held when the current chunk began. */
  private heldBefore: u32;
  private changed: bool;

  /** Begins a chunk of the host's buffer. */
  begin(): void {
    this.emitted = 0;
    this.heldBefore = this.held.bytes;
    this.changed = false;
    bodyScratch.reset();
  }

  /**
   * Takes in the next slice; its position in `held`. With no room left all held bytes leave first.
   */
  append(ptr: usize, bytes: u32): u32 {
    if (!this.held.reserve(bytes + scanPadBytes)) {
      this.changed = true;
      this.emitUpTo(this.held.bytes);
      this.held.reset();
      this.emitted = 0;
      this.held.reserve(bytes + scanPadBytes);
    }
    const at = this.held.bytes;
    memory.copy(this.held.ptr + at, ptr, bytes);
    this.held.bytes += bytes;
    return at;
  }

  /** True when `append` would let go of what is held, so that open edits are void. */
  wouldOverflow(bytes: u32): bool {
    return this.held.bytes + bytes + scanPadBytes > this.held.bytesMax;
  }

  /** Bytes from `start` to `end` give way to a JSON string of this text, or to nothing at all. */
  replaceWithText(start: u32, end: u32, text: usize, textBytes: u32): void {
    this.cut(start, end);
    bodyScratch.byte(0x22);
    bodyScratch.jsonText(text, textBytes);
    bodyScratch.byte(0x22);
  }

  cut(start: u32, end: u32): void {
    this.changed = true;
    this.emitUpTo(start);
    this.emitted = max<u32>(this.emitted, end);
  }

  /** Writes out what stands before `keepFrom`, to make room for the next slice of a long chunk. */
  flush(keepFrom: u32): void {
    this.changed = true;
    this.emitUpTo(min<u32>(keepFrom, this.held.bytes));
    this.keep(max<u32>(keepFrom, this.emitted));
    this.emitted = 0;
  }

  /**
   * Ends the chunk of `chunkBytes`: what stands before `keepFrom` leaves, the rest is held. False:
   * the host did not take it, so the chunk passes as it came and nothing is held any more.
   */
  finish(chunkBytes: u32, keepFrom: u32, lengthOpen: bool): bool {
    const held = this.held;
    const untouched = !this.changed && this.heldBefore == 0 && keepFrom >= held.bytes;
    let status = Status.Ok;
    if (!untouched) {
      this.emitUpTo(min<u32>(keepFrom, held.bytes));
      status = replaceResponseChunk(lengthOpen, chunkBytes, bodyScratch.ptr, bodyScratch.bytes);
    }
    this.keep(status == Status.Ok ? max<u32>(keepFrom, this.emitted) : held.bytes);
    releaseScratch(bodyScratch);
    return status == Status.Ok;
  }

  /** Bytes that the client lacks were held when this chunk began. */
  get heldEarlier(): bool {
    return this.heldBefore != 0;
  }

  /** All that is at hand leaves, in place of the first `bytes` of the chunk. */
  release(bytes: u32, lengthOpen: bool): void {
    this.emitUpTo(this.held.bytes);
    const untouched = !this.changed && this.heldBefore == 0;
    if (!untouched) replaceResponseChunk(lengthOpen, bytes, bodyScratch.ptr, bodyScratch.bytes);
    this.held.bytes = 0;
    releaseScratch(bodyScratch);
  }

  private keep(from: u32): void {
    const held = this.held;
    const left = from < held.bytes ? held.bytes - from : 0;
    if (left != 0) memory.copy(held.ptr, held.ptr + from, left);
    held.bytes = left;
  }

  private emitUpTo(end: u32): void {
    if (end <= this.emitted) return;
    bodyScratch.copy(this.held.ptr + this.emitted, end - this.emitted);
    this.emitted = end;
  }

  dispose(): void {
    this.held.dispose();
    heap.free(changetype<usize>(this.held));
    heap.free(changetype<usize>(this));
  }

  init(): ResponseEditor {
    this.held = newByteWriter(0, heldBytesMax);
    this.begin();
    return this;
  }
}

export function newResponseEditor(): ResponseEditor {
  return changetype<ResponseEditor>(heap.alloc(offsetof<ResponseEditor>())).init();
}
