import { scanPadBytes } from "../bounds";

/** The least that is taken from the heap. */
const capacityBytesLeast: u32 = 2048;

/** Bytes kept until what they belong to is whole; on the heap, with room to read behind them. */
@unmanaged
export class HeldBytes {
  ptr: usize;
  bytes: u32;
  private capacityBytes: u32;
  private bytesMax: u32;

  /** Adds to the end; what would pass `bytesMax` must not be given. */
  add(ptr: usize, bytes: u32): void {
    const total = this.bytes + bytes;
    if (total > this.capacityBytes) this.grow(total);
    memory.copy(this.ptr + this.bytes, ptr, bytes);
    this.bytes = total;
  }

  /** Drops the first ones. */
  drop(bytes: u32): void {
    this.bytes -= bytes;
    memory.copy(this.ptr, this.ptr + bytes, this.bytes);
  }

  clear(): void {
    this.bytes = 0;
  }

  dispose(): void {
    if (this.ptr != 0) heap.free(this.ptr);
    heap.free(changetype<usize>(this));
  }

  init(bytesMax: u32): HeldBytes {
    memory.fill(changetype<usize>(this), 0, offsetof<HeldBytes>());
    this.bytesMax = bytesMax;
    return this;
  }

  private grow(total: u32): void {
    this.capacityBytes = min(max(total << 1, capacityBytesLeast), this.bytesMax);
    const ptr = heap.alloc(this.capacityBytes + scanPadBytes);
    memory.copy(ptr, this.ptr, this.bytes);
    if (this.ptr != 0) heap.free(this.ptr);
    this.ptr = ptr;
  }
}

export function newHeldBytes(bytesMax: u32): HeldBytes {
  return changetype<HeldBytes>(heap.alloc(offsetof<HeldBytes>())).init(bytesMax);
}
