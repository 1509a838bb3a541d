import { countStreamsMax } from "../bounds";
import { TextCounter } from "../bpe/counter";
import { Encoding } from "../bpe/encoding";
import { canCount } from "./encodings";
import { CountFault } from "./fault";
import { isText } from "./text_buffer";

/**
 * A text that is counted in chunks. Callers know it by a handle of a slot's index and the number
 * of its uses, so that the handle of a text that is gone does not reach the next one in its slot.
 */
@unmanaged
class StreamSlot {
  /** Null while the slot is free. */
  counter: TextCounter | null;
  finished: bool;
  /** Modulo `usesMask` + 1. */
  uses: u32;
  /** Of a free slot: the index of another free one, or `noSlot`. */
  nextFree: u32;
}

const noSlot: u32 = 0xffffffff;
const indexBits: u32 = 16;
const indexMask: u32 = (1 << indexBits) - 1;
const usesMask: u32 = 0x7fff;
const slotsAtFirst: u32 = 16;

let slots: usize = 0;
let slotsThere: u32 = 0;
let firstFree: u32 = noSlot;

/** Begins an empty text: answers its handle, or a `CountFault`. To be disposed of in the end. */
export function tokenstile_count_stream_start(encoding: Encoding): i32 {
  if (!canCount(encoding)) return CountFault.Encoding;
  if (firstFree == noSlot && !addSlots()) return CountFault.Room;
  const index = firstFree;
  const slot = slotAt(index);
  const counter = changetype<TextCounter>(heap.alloc(offsetof<TextCounter>()));
  counter.start(encoding);
  slot.counter = counter;
  slot.finished = false;
  slot.uses = (slot.uses + 1) & usesMask;
  firstFree = slot.nextFree;
  return <i32>((slot.uses << indexBits) | index);
}

/** Counts the next bytes, which lie in a text buffer: 0, or a `CountFault`. */
export function tokenstile_count_stream_feed(handle: u32, ptr: usize, bytes: u32): i32 {
  const counter = counterOf(handle);
  if (counter === null) return CountFault.Stream;
  if (slotAt(handle & indexMask).finished) return CountFault.Finished;
  if (!isText(ptr, bytes)) return CountFault.Text;
  counter.feed(ptr, bytes);
  return 0;
}

/** The text is over: answers the number of its tokens, or a `CountFault`. */
export function tokenstile_count_stream_finish(handle: u32): i64 {
  const counter = counterOf(handle);
  if (counter === null) return CountFault.Stream;
  const slot = slotAt(handle & indexMask);
  if (!slot.finished) counter.finish();
  slot.finished = true;
  return <i64>counter.tokens;
}

/**
 * The tokens of which it is certain that the text has them, whatever follows; after `finish` all of
 * them. Or a `CountFault`.
 */
export function tokenstile_count_stream_tokens(handle: u32): i64 {
  const counter = counterOf(handle);
  return counter !== null ? <i64>counter.tokens : CountFault.Stream;
}

/** 1, or 0 where the text made the counter guess; a `CountFault` when there is no such stream. */
export function tokenstile_count_stream_exact(handle: u32): i32 {
  const counter = counterOf(handle);
  return counter !== null ? <i32>counter.exact : CountFault.Stream;
}

/** Gives back what the stream holds, finished or not: 0, or a `CountFault`. */
export function tokenstile_count_stream_dispose(handle: u32): i32 {
  const counter = counterOf(handle);
  if (counter === null) return CountFault.Stream;
  counter.dispose();
  heap.free(changetype<usize>(counter));
  const index = handle & indexMask;
  const slot = slotAt(index);
  slot.counter = null;
  slot.nextFree = firstFree;
  firstFree = index;
  return 0;
}

function counterOf(handle: u32): TextCounter | null {
  const index = handle & indexMask;
  if (index >= slotsThere) return null;
  const slot = slotAt(index);
  return slot.uses == handle >> indexBits ? slot.counter : null;
}

/** Makes the table twice as large; false when it is as large as it may be. */
function addSlots(): bool {
  const wanted = max(slotsAtFirst, slotsThere << 1);
  if (wanted > countStreamsMax) return false;
  const grown = heap.alloc(<usize>wanted * offsetof<StreamSlot>());
  if (slots != 0) {
    memory.copy(grown, slots, <usize>slotsThere * offsetof<StreamSlot>());
    heap.free(slots);
  }
  slots = grown;
  while (slotsThere < wanted) {
    const slot = slotAt(slotsThere);
    slot.counter = null;
    slot.uses = 0;
    slot.nextFree = firstFree;
    firstFree = slotsThere++;
  }
  return true;
}

// @ts-ignore: decorator
@inline
function slotAt(index: u32): StreamSlot {
  return changetype<StreamSlot>(slots + <usize>index * offsetof<StreamSlot>());
}
