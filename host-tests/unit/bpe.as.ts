import { Encoding, encodingByName } from "../../assembly/bpe/encoding";
import { TextCounter } from "../../assembly/bpe/counter";
import { pieceTokens } from "../../assembly/bpe/merge";

export function alloc(bytes: u32): usize {
  return heap.alloc(bytes);
}

export function free(ptr: usize): void {
  heap.free(ptr);
}

export function encodingNamed(ptr: usize, bytes: u32): i32 {
  return encodingByName(ptr, bytes);
}

export function counterBytes(): u32 {
  return offsetof<TextCounter>();
}

export function newCounter(encoding: Encoding): TextCounter {
  const counter = changetype<TextCounter>(heap.alloc(offsetof<TextCounter>()));
  counter.start(encoding);
  return counter;
}

export function feed(counter: TextCounter, ptr: usize, bytes: u32): void {
  counter.feed(ptr, bytes);
}

export function finish(counter: TextCounter): u64 {
  return counter.finish();
}

export function decided(counter: TextCounter): u64 {
  return counter.tokens;
}

export function isExact(counter: TextCounter): bool {
  return counter.exact;
}

export function dispose(counter: TextCounter): void {
  counter.dispose();
}

/** Count of one text in one call, or 2^64 - 1 if it was not exact. */
export function count(encoding: Encoding, ptr: usize, bytes: u32): u64 {
  const counter = newCounter(encoding);
  counter.feed(ptr, bytes);
  const tokens = counter.finish();
  const exact = counter.exact;
  heap.free(changetype<usize>(counter));
  return exact ? tokens : u64.MAX_VALUE;
}

/** Count of one text fed in chunks of `chunkBytes`. */
export function countInChunks(encoding: Encoding, ptr: usize, bytes: u32, chunkBytes: u32): u64 {
  const counter = newCounter(encoding);
  for (let at: u32 = 0; at < bytes; at += chunkBytes) {
    counter.feed(ptr + at, min(chunkBytes, bytes - at));
  }
  const tokens = counter.finish();
  heap.free(changetype<usize>(counter));
  return tokens;
}

/** The first cut in two whose count is not the expected one; `bytes + 1` if all are right. */
export function firstWrongCut(encoding: Encoding, ptr: usize, bytes: u32, expected: u64): u32 {
  for (let cut: u32 = 0; cut <= bytes; cut++) {
    const counter = newCounter(encoding);
    counter.feed(ptr, cut);
    counter.feed(ptr + cut, bytes - cut);
    const tokens = counter.finish();
    heap.free(changetype<usize>(counter));
    if (tokens != expected) return cut;
  }
  return bytes + 1;
}

/** Tokens of a piece merged in windows that begin at `windowBytes`. */
export function piece(encoding: Encoding, ptr: usize, bytes: u32, windowBytes: u32): u32 {
  return pieceTokens(encoding, ptr, bytes, windowBytes);
}
