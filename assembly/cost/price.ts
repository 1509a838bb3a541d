import { readScaledU64, ScaledError } from "../bytes/scaled";
import { usdPerMillionMax } from "../bounds";

/** What a model costs, in nano-USD (1e-9 USD) per million tokens of each kind. */
export class Price {
  inputNanoUsdPerMillion: u64 = 0;
  cachedInputNanoUsdPerMillion: u64 = 0;
  cacheWriteNanoUsdPerMillion: u64 = 0;
  outputNanoUsdPerMillion: u64 = 0;
}

/** Decimals of a price in USD: nano-USD are the unit inside. */
export const priceDecimals: i32 = 9;
const tokensPerPrice: u64 = 1_000_000;
const nanoUsdPerUsd: u64 = 1_000_000_000;

/** As `parsePrice`, saying what is wrong. */
export function readPrice(ptr: usize, bytes: u32, out: usize): ScaledError {
  const error = readScaledU64(ptr, bytes, priceDecimals, out);
  if (error != ScaledError.None) return error;
  return load<u64>(out) > usdPerMillionMax * nanoUsdPerUsd ? ScaledError.TooLarge : error;
}

/**
 * Reads decimal text in USD per million tokens (`2.50`, `1.5e-1`) exactly and stores nano-USD per
 * million tokens (u64) at `out`. False for what is not a plain JSON number, for a sign, for more
 * than nine decimals and for more than `usdPerMillionMax`.
 */
export function parsePrice(ptr: usize, bytes: u32, out: usize): bool {
  return readPrice(ptr, bytes, out) == ScaledError.None;
}

/**
 * What the tokens of one request cost, in nano-USD: summed exactly in 128 bits, rounded up once to
 * a whole nano-USD, and `u64.MAX_VALUE` where it would be more. The four kinds must not overlap.
 */
export function costNanoUsd(
  price: Price,
  uncachedInput: u64,
  cachedInput: u64,
  cacheWrite: u64,
  output: u64,
): u64 {
  sumHigh = 0;
  sumLow = 0;
  const fits =
    addProduct(uncachedInput, price.inputNanoUsdPerMillion) &&
    addProduct(cachedInput, price.cachedInputNanoUsdPerMillion) &&
    addProduct(cacheWrite, price.cacheWriteNanoUsdPerMillion) &&
    addProduct(output, price.outputNanoUsdPerMillion);
  return fits ? divideSumRoundedUp() : u64.MAX_VALUE;
}

/** The running sum of `costNanoUsd`, 128 bits; of no meaning between two calls. */
let sumHigh: u64 = 0;
let sumLow: u64 = 0;

/** Adds `a` times `b` to the sum; false when that passes 128 bits. */
function addProduct(a: u64, b: u64): bool {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const cross = aLow * bHigh + (middle & 0xffffffff);
  const low = a * b;
  const high = aHigh * bHigh + (middle >> 32) + (cross >> 32);
  sumLow += low;
  const carry = <u64>(sumLow < low);
  if (high > u64.MAX_VALUE - carry || sumHigh > u64.MAX_VALUE - high - carry) return false;
  sumHigh += high + carry;
  return true;
}

/** The sum divided by `tokensPerPrice`, in two steps of 32 bits of schoolbook division. */
function divideSumRoundedUp(): u64 {
  if (sumHigh >= tokensPerPrice) return u64.MAX_VALUE;
  const upper = (sumHigh << 32) | (sumLow >> 32);
  const lower = ((upper % tokensPerPrice) << 32) | (sumLow & 0xffffffff);
  const quotient = ((upper / tokensPerPrice) << 32) | (lower / tokensPerPrice);
  const roundUp = lower % tokensPerPrice != 0;
  return roundUp && quotient != u64.MAX_VALUE ? quotient + 1 : quotient;
}
