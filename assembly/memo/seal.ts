import { sealKeyPtr } from "./key";

/**
 * The last level: SipHash-2-4 with 128 bits of output (Aumasson, Bernstein, "SipHash: a fast
 * short-input PRF", 2012, and the authors' reference code for 128 bits). It hides what the levels
 * before computed: where entries lie in the table shows in the time of later look-ups, and must
 * tell nothing about the keys.
 */
const sealed: usize = memory.data(16, 8);

export function sealedLow(): u64 {
  return load<u64>(sealed);
}

export function sealedHigh(): u64 {
  return load<u64>(sealed, 8);
}

/**
 * Seals a message of up to 31 words, to `sealedLow` and `sealedHigh`. The 8 bytes behind it are
 * written: the message's last word is its length.
 */
export function sealWords(ptr: usize, words: u32): void {
  const low = load<u64>(sealKeyPtr());
  const high = load<u64>(sealKeyPtr(), 8);
  let v0 = low ^ 0x736f6d6570736575;
  let v1 = high ^ 0x646f72616e646f6d ^ 0xee;
  let v2 = low ^ 0x6c7967656e657261;
  let v3 = high ^ 0x7465646279746573;
  store<u64>(ptr + ((<usize>words) << 3), (<u64>words) << 59);
  // Behind the words come two steps of four rounds, which yield one half each.
  for (let step: u32 = 0; step < words + 3; step++) {
    const word = step <= words ? load<u64>(ptr + ((<usize>step) << 3)) : 0;
    const rounds = step <= words ? 2 : 4;
    if (step == words + 1) v2 ^= 0xee;
    if (step == words + 2) {
      store<u64>(sealed, v0 ^ v1 ^ v2 ^ v3);
      v1 ^= 0xdd;
    }
    v3 ^= word;
    for (let i = 0; i < rounds; i++) {
      v0 += v1;
      v2 += v3;
      v1 = rotl<u64>(v1, 13) ^ v0;
      v3 = rotl<u64>(v3, 16) ^ v2;
      v0 = rotl<u64>(v0, 32) + v3;
      v2 += v1;
      v3 = rotl<u64>(v3, 21) ^ v0;
      v1 = rotl<u64>(v1, 17) ^ v2;
      v2 = rotl<u64>(v2, 32);
    }
    v0 ^= word;
  }
  store<u64>(sealed, v0 ^ v1 ^ v2 ^ v3, 8);
}
