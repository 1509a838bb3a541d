import { readScaledU64 } from "../../assembly/bytes/scaled";
import { costNanoUsd, parsePrice, Price } from "../../assembly/cost/price";

/** Room for a text to parse. */
export function scratch(bytes: u32): usize {
  return heap.alloc(bytes);
}

/** The price in nano-USD per million, or `u64.MAX_VALUE` when it is refused. */
export function price(ptr: usize, bytes: u32): u64 {
  const out = memory.data(8);
  return parsePrice(ptr, bytes, out) ? load<u64>(out) : u64.MAX_VALUE;
}

/** The `ScaledError`, or 100 when the value is `expected`, else 99. */
export function scaled(ptr: usize, bytes: u32, decimals: i32, expected: u64): i32 {
  const out = memory.data(8);
  const error = readScaledU64(ptr, bytes, decimals, out);
  if (error) return <i32>error;
  return load<u64>(out) == expected ? 100 : 99;
}

const used = new Price();

export function setPrice(input: u64, cachedInput: u64, cacheWrite: u64, output: u64): void {
  used.inputNanoUsdPerMillion = input;
  used.cachedInputNanoUsdPerMillion = cachedInput;
  used.cacheWriteNanoUsdPerMillion = cacheWrite;
  used.outputNanoUsdPerMillion = output;
}

export function cost(input: u64, cachedInput: u64, cacheWrite: u64, output: u64): u64 {
  return costNanoUsd(used, input, cachedInput, cacheWrite, output);
}
