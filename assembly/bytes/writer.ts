import { decimalBytes, writeDecimalU64 } from "./decimal";

/**
 * A growable output buffer outside the managed heap. What would pass `bytesMax` is left out, and
 * `overflowed` says so from then on; the caller decides what that means.
 */
@unmanaged
export class ByteWriter {
  ptr: usize;
  bytes: u32;
  capacityBytes: u32;
  bytesMax: u32;
  overflowed: bool;

  reset(): void {
    this.bytes = 0;
    this.overflowed = false;
  }

  /** Room for `bytes` more at the end; 0 when that would pass `bytesMax`. */
  reserve(bytes: u32): usize {
    if (bytes > this.bytesMax - this.bytes) {
      this.overflowed = true;
      return 0;
    }
    const needed = this.bytes + bytes;
    if (needed > this.capacityBytes) {
      let capacity = max<u32>(this.capacityBytes, 64);
      while (capacity < needed) capacity <<= 1;
      this.ptr = this.ptr ? heap.realloc(this.ptr, capacity) : heap.alloc(capacity);
      this.capacityBytes = capacity;
    }
    return this.ptr + this.bytes;
  }

  byte(value: u8): void {
    const at = this.reserve(1);
    if (!at) return;
    store<u8>(at, value);
    this.bytes += 1;
  }

  copy(ptr: usize, bytes: u32): void {
    const at = this.reserve(bytes);
    if (!at) return;
    memory.copy(at, ptr, bytes);
    this.bytes += bytes;
  }

  /** Appends an ASCII literal. */
  ascii(literal: string): void {
    const bytes = <u32>literal.length;
    const at = this.reserve(bytes);
    if (!at) return;
    const chars = changetype<usize>(literal);
    for (let i: u32 = 0; i < bytes; i++) {
      store<u8>(at + i, <u8>load<u16>(chars + ((<usize>i) << 1)));
    }
    this.bytes += bytes;
  }

  decimal(value: u64): void {
    const at = this.reserve(decimalBytes(value));
    if (!at) return;
    this.bytes += writeDecimalU64(at, value);
  }

  /** Appends text as the inside of a JSON string (RFC 8259 section 7), without the quotes. */
  jsonText(ptr: usize, bytes: u32): void {
    for (let i: u32 = 0; i < bytes; i++) {
      const byte = load<u8>(ptr + i);
      if (byte == 0x22 || byte == 0x5c) {
        this.byte(0x5c);
        this.byte(byte);
      } else if (byte < 0x20) {
        this.ascii("\\u00");
        this.byte(hexDigit(byte >> 4));
        this.byte(hexDigit(byte & 15));
      } else {
        this.byte(byte);
      }
    }
  }

  dispose(): void {
    if (this.ptr) heap.free(this.ptr);
    this.ptr = 0;
    this.capacityBytes = 0;
    this.reset();
  }
}

/** A writer on the unmanaged heap; `capacityBytes` 0 allocates with the first byte. */
export function newByteWriter(capacityBytes: u32, bytesMax: u32): ByteWriter {
  const writer = changetype<ByteWriter>(heap.alloc(offsetof<ByteWriter>()));
  writer.ptr = capacityBytes ? heap.alloc(capacityBytes) : 0;
  writer.capacityBytes = capacityBytes;
  writer.bytesMax = bytesMax;
  writer.reset();
  return writer;
}

// @ts-ignore: decorator
@inline
function hexDigit(value: u8): u8 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}
