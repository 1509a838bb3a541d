/** FNV-1a, 64 bits (Fowler, Noll, Vo). Spreads names over tables; not for anything secret. */
export const fnvOffset64: u64 = 0xcbf29ce484222325;
const fnvPrime64: u64 = 0x100000001b3;

export function fnv1a64(ptr: usize, bytes: u32): u64 {
  return fnv1a64More(fnvOffset64, ptr, bytes);
}

/** Continues a hash over further bytes. */
export function fnv1a64More(hash: u64, ptr: usize, bytes: u32): u64 {
  for (let i: u32 = 0; i < bytes; i++) hash = (hash ^ load<u8>(ptr + i)) * fnvPrime64;
  return hash;
}

/** Mixes all bits into the low ones, which FNV leaves weak (finaliser of MurmurHash3). */
export function mix64(hash: u64): u64 {
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}
