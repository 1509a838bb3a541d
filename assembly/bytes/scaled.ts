/** Why a text is not a whole number of the wanted unit. */
export const enum ScaledError {
  None,
  /** Not a number as JSON writes them (RFC 8259 section 6). */
  Malformed,
  /** Below zero, or a zero with a minus sign. */
  Negative,
  /** More decimals than the unit has. */
  TooPrecise,
  /** Above 2^64-1 units. */
  TooLarge,
}

/** Beyond any exponent that leaves a u64, and small enough to add to. */
const exponentMax: i64 = 100_000;
const exponentMalformed: i64 = i64.MAX_VALUE;

/**
 * Reads a decimal number exactly as a whole count of 10^-`decimals` and stores that (u64) at `out`,
 * which stays untouched on an error. `9000`, `9000.0`, `9e3` and `0.9E+4` are the same number:
 * control planes write numbers anew on their way here. No float takes part.
 */
export function readScaledU64(ptr: usize, bytes: u32, decimals: i32, out: usize): ScaledError {
  const end = ptr + bytes;
  const negative = bytes != 0 && load<u8>(ptr) == 0x2d;
  const start = negative ? ptr + 1 : ptr;
  const wholeEnd = digitsEnd(start, end);
  if (wholeEnd == start) return ScaledError.Malformed;
  if (load<u8>(start) == 0x30 && wholeEnd - start > 1) return ScaledError.Malformed;
  let digitsStop = wholeEnd;
  if (wholeEnd < end && load<u8>(wholeEnd) == 0x2e) {
    digitsStop = digitsEnd(wholeEnd + 1, end);
    if (digitsStop == wholeEnd + 1) return ScaledError.Malformed;
  }
  const exponent = readExponent(digitsStop, end);
  if (exponent == exponentMalformed) return ScaledError.Malformed;
  if (negative) return ScaledError.Negative;
  const lastEnd = significantEnd(start, digitsStop);
  if (lastEnd == start) {
    store<u64>(out, 0);
    return ScaledError.None;
  }
  const places = <i64>wholeEnd - <i64>lastEnd;
  const power = (places < 0 ? places + 1 : places) + exponent + decimals;
  if (power < 0) return ScaledError.TooPrecise;
  return storeDigits(start, lastEnd, power, out);
}

/** Stores the digits in [`at`, `end`) times 10^`power`; the last digit is not zero. */
function storeDigits(at: usize, end: usize, power: i64, out: usize): ScaledError {
  let value: u64 = 0;
  for (; at < end; at++) {
    const char = load<u8>(at);
    if (char == 0x2e) continue;
    if (value > u64.MAX_VALUE / 10) return ScaledError.TooLarge;
    const digit = <u64>(char - 0x30);
    if (value * 10 > u64.MAX_VALUE - digit) return ScaledError.TooLarge;
    value = value * 10 + digit;
  }
  for (; power > 0; power--) {
    if (value > u64.MAX_VALUE / 10) return ScaledError.TooLarge;
    value *= 10;
  }
  store<u64>(out, value);
  return ScaledError.None;
}

/** The exponent in [`at`, `end`), 0 when there is none; far ones are cut at `exponentMax`. */
function readExponent(at: usize, end: usize): i64 {
  if (at == end) return 0;
  if ((load<u8>(at) | 0x20) != 0x65) return exponentMalformed;
  at++;
  if (at == end) return exponentMalformed;
  const negative = load<u8>(at) == 0x2d;
  if (negative || load<u8>(at) == 0x2b) at++;
  if (at == end || digitsEnd(at, end) != end) return exponentMalformed;
  let exponent: i64 = 0;
  for (; at < end; at++) {
    exponent = min<i64>(exponent * 10 + <i64>(load<u8>(at) - 0x30), exponentMax);
  }
  return negative ? -exponent : exponent;
}

/** The end of the digits that begin at `at`. */
function digitsEnd(at: usize, end: usize): usize {
  while (at < end && <u8>(load<u8>(at) - 0x30) <= 9) at++;
  return at;
}

/** The end of digits (and a point) without the zeros that close them; `start` when all are zero. */
function significantEnd(start: usize, end: usize): usize {
  while (end > start && (load<u8>(end - 1) == 0x30 || load<u8>(end - 1) == 0x2e)) end--;
  return end;
}
