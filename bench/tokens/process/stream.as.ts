import { scanPadBytes } from "../../../assembly/bounds";
import { TextCounter } from "../../../assembly/bpe/counter";
import { encodingByName } from "../../../assembly/bpe/encoding";

/**
 * The counter as the filter uses it on a streamed answer: fed within the module, a few bytes at a
 * time. From outside, the calls into the module would be measured with it.
 */
const counter = changetype<TextCounter>(heap.alloc(offsetof<TextCounter>()));

/** Chunks have from 1 to 7 bytes, 4 in the mean, and are cut anywhere, also within characters. */
const chunkLengths: u32 = 7;

const largeBlockBytes: usize = 65536;

export function allocate(bytes: u32): usize {
  return heap.alloc(bytes + scanPadBytes);
}

/** The number of the encoding whose name lies there. */
export function encodingNamed(ptr: usize, bytes: u32): i32 {
  return encodingByName(ptr, bytes);
}

/** Tokens of a text that is fed in small chunks. */
export function countChunks(encoding: i32, ptr: usize, bytes: u32): u32 {
  counter.start(encoding);
  let draw: u32 = 1;
  let at: u32 = 0;
  while (at < bytes) {
    draw = nextDraw(draw);
    const chunk = min(bytes - at, chunkBytes(draw));
    counter.feed(ptr + at, chunk);
    at += chunk;
  }
  return <u32>counter.finish();
}

/** The most that the counter keeps of such a text at once, itself included. */
export function stateBytesMost(encoding: i32, ptr: usize, bytes: u32): u32 {
  counter.start(encoding);
  let draw: u32 = 1;
  let at: u32 = 0;
  let carryBytesMost: u32 = 0;
  const carryCapacityPtr = changetype<usize>(counter) + offsetof<TextCounter>("carryCapacityBytes");
  while (at < bytes) {
    draw = nextDraw(draw);
    const chunk = min(bytes - at, chunkBytes(draw));
    counter.feed(ptr + at, chunk);
    at += chunk;
    carryBytesMost = max(carryBytesMost, load<u32>(carryCapacityPtr));
  }
  counter.dispose();
  return offsetof<TextCounter>() + carryBytesMost;
}

// @ts-ignore: decorator
@inline
function nextDraw(draw: u32): u32 {
  return draw * 1664525 + 1013904223;
}

// @ts-ignore: decorator
@inline
function chunkBytes(draw: u32): u32 {
  return 1 + ((draw >> 16) % chunkLengths);
}

/** All that lies in memory: a large block goes behind everything else that was allocated. */
export function usedBytes(): usize {
  const behind = heap.alloc(largeBlockBytes);
  heap.free(behind);
  return behind;
}
