import { sha256 } from "../../assembly/bytes/sha256";

export function scratch(bytes: u32): usize {
  return heap.alloc(bytes);
}

export function digest(ptr: usize, bytes: u32, out: usize): void {
  sha256(ptr, bytes, out);
}
