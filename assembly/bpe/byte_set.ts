import { equalsBytes } from "../bytes/ascii";

/** FNV-1a, 32 bits. */
const fnvOffset: u32 = 0x811c9dc5;
const fnvPrime: u32 = 0x01000193;

/** Bytes of the head: slots less one, length of the longest member. */
const headBytes: usize = 8;

/**
 * Whether the bytes are a member of a set that tools/bake_byte_set.ts laid out. The slots are half
 * empty at least, so the search ends.
 */
export function isInSet(set: usize, ptr: usize, bytes: u32): bool {
  if (bytes > longestInSet(set)) return false;
  let hash = fnvOffset;
  for (let i: u32 = 0; i < bytes; i++) hash = (hash ^ load<u8>(ptr + i)) * fnvPrime;
  const mask = load<u32>(set);
  let slot = hash & mask;
  while (true) {
    const at: usize = load<u32>(set + headBytes + ((<usize>slot) << 2));
    if (at == 0) return false;
    if (equalsBytes(ptr, bytes, set + at + 1, load<u8>(set + at))) return true;
    slot = (slot + 1) & mask;
  }
}

/** The bytes of the longest member. */
export function longestInSet(set: usize): u32 {
  return load<u32>(set + 4);
}
