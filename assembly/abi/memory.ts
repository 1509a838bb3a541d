import { scanPadBytes } from "../bounds";

/**
 * Where the host puts what it hands over.
 *
 * The host asks the exported `malloc` for room, copies its bytes there and never frees them. So the
 * module owns them, and one buffer is enough: a wrapper opens the landing, makes its call, and what
 * the host wrote can be read until the next wrapper opens it again.
 */
let landingPtr: usize = 0;
let landingCapacityBytes: u32 = 0;
let landingOpen: bool = false;

/** Two words that host functions fill: address and size of a result, or a number. */
const out: usize = memory.data(16, 8);

// @ts-ignore: decorator
@inline
export function outWord(): usize {
  return out;
}

// @ts-ignore: decorator
@inline
export function outSecondWord(): usize {
  return out + 4;
}

/** To be called right before a host function that returns bytes. */
export function openLanding(): void {
  landingOpen = true;
  store<u64>(out, 0);
}

/** Address of the bytes that the last host call returned; good until the next host call. */
export function landedPtr(): usize {
  return load<u32>(out);
}

export function landedBytes(): u32 {
  return load<u32>(out, 4);
}

/** Ends a host call: bytes the host asked for twice, or without need, are not kept. */
export function closeLanding(): void {
  landingOpen = false;
}

/**
 * The allocator the ABI asks for. Over-allocates, for scanners read whole vectors past the end.
 * Outside a wrapper the host has no reason to call it; what it asks for then is never freed.
 */
export function malloc(bytes: u32): usize {
  if (!landingOpen) return heap.alloc(<usize>bytes + scanPadBytes);
  if (bytes > landingCapacityBytes) {
    if (landingPtr) heap.free(landingPtr);
    landingCapacityBytes = max<u32>((bytes + 4095) & ~4095, 65536);
    landingPtr = heap.alloc(<usize>landingCapacityBytes + scanPadBytes);
  }
  return landingPtr;
}
