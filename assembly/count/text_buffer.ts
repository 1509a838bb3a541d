import { countBuffersBytesMax, scanPadBytes } from "../bounds";
import { CountFault } from "./fault";

/**
 * The buffers that a caller puts its texts in. Every address that comes from outside is looked up
 * here, so that no argument makes the counter read what it may not, or free what is not a buffer.
 */
@unmanaged
class TextBuffer {
  /** 0 while the entry is free. */
  ptr: usize;
  bytes: u32;
}

const buffersMax: u32 = 16;
const buffers: usize = memory.data(128, 8);
let bytesInUse: u32 = 0;

/** A buffer for text of up to `bytes` bytes; 0 when there is no room for it. */
export function tokenstile_count_alloc(bytes: u32): usize {
  if (bytes > countBuffersBytesMax - bytesInUse) return 0;
  const buffer = bufferAt(0);
  if (buffer === null) return 0;
  buffer.ptr = heap.alloc(<usize>bytes + scanPadBytes);
  buffer.bytes = bytes;
  bytesInUse += bytes;
  return buffer.ptr;
}

/** Gives a buffer back: 0, or a `CountFault` when there is none at that address. */
export function tokenstile_count_free(ptr: usize): i32 {
  const buffer = ptr != 0 ? bufferAt(ptr) : null;
  if (buffer === null) return CountFault.Text;
  heap.free(buffer.ptr);
  buffer.ptr = 0;
  bytesInUse -= buffer.bytes;
  return 0;
}

/** Whether those bytes lie in one buffer, so that `scanPadBytes` can be read behind them. */
export function isText(ptr: usize, bytes: u32): bool {
  for (let index: u32 = 0; index < buffersMax; index++) {
    const buffer = entryAt(index);
    const at = ptr - buffer.ptr;
    if (buffer.ptr != 0 && at <= buffer.bytes) return bytes <= buffer.bytes - <u32>at;
  }
  return false;
}

/** The buffer at that address; with 0, an entry that is free. */
function bufferAt(ptr: usize): TextBuffer | null {
  for (let index: u32 = 0; index < buffersMax; index++) {
    if (entryAt(index).ptr == ptr) return entryAt(index);
  }
  return null;
}

// @ts-ignore: decorator
@inline
function entryAt(index: u32): TextBuffer {
  return changetype<TextBuffer>(buffers + ((<usize>index) << 3));
}
