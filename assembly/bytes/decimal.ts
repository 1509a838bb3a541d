/** Unsigned decimal integers as text. */

/** Digits of the largest u64. */
export const decimalBytesMax: u32 = 20;

/**
 * Reads a plain unsigned decimal into the u64 at `out`. False, with `out` untouched, for anything
 * else: no digit, a sign, a fraction, an exponent, or a value above 2^64-1.
 */
export function parseDecimalU64(ptr: usize, bytes: u32, out: usize): bool {
  if (bytes == 0) return false;
  let value: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const digit = <u64>load<u8>(ptr + i) - 0x30;
    if (digit > 9) return false;
    if (value > u64.MAX_VALUE / 10) return false;
    const tens = value * 10;
    if (tens > u64.MAX_VALUE - digit) return false;
    value = tens + digit;
  }
  store<u64>(out, value);
  return true;
}

/** Digits of `value` without leading zeros. */
export function decimalBytes(value: u64): u32 {
  let digits: u32 = 1;
  for (let rest = value / 10; rest != 0; rest /= 10) digits++;
  return digits;
}

/** Writes `value` without leading zeros; answers the bytes written, at most `decimalBytesMax`. */
export function writeDecimalU64(ptr: usize, value: u64): u32 {
  const digits = decimalBytes(value);
  for (let at = digits; at > 0; at--) {
    store<u8>(ptr + at - 1, <u8>(0x30 + (value % 10)));
    value /= 10;
  }
  return digits;
}
