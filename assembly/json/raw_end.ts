/** The even positions of a block. */
const evenBits: u64 = 0x5555555555555555;
const blockBytes: u32 = 32;

let escapedBehind: bool = false;

/** The last `closingQuote` found none, and the byte at its `end` will be an escaped one. */
export function endsInEscape(): bool {
  return escapedBehind;
}

/**
 * The first quote at or after `ptr` that no backslash takes away; `end` if there is none. Looks at
 * nothing else: control characters and bad escapes are passed over. `escaped` says that the byte at
 * `ptr` has its backslash in the chunk before. Loads up to 31 bytes past `end`.
 */
export function closingQuote(ptr: usize, end: usize, escaped: bool): usize {
  let behind: u64 = escaped ? 1 : 0;
  while (ptr < end) {
    const low = v128.load(ptr);
    const high = v128.load(ptr, 16);
    const found = v128.or(stopsIn(low), stopsIn(high));
    if (behind != 0 || v128.any_true(found)) {
      const left = <u64>min(end - ptr, <usize>blockBytes);
      const inside = ((<u64>1) << left) - 1;
      const escapes = escapedBits(bitsOf(low, high, 0x5c) & inside, behind);
      const quotes = bitsOf(low, high, 0x22) & inside & ~escapes;
      if (quotes != 0) return ptr + <usize>ctz(quotes);
      behind = (escapes >> left) & 1;
    }
    ptr += blockBytes;
  }
  escapedBehind = behind != 0;
  return end;
}

// @inline: two compares, twice in 32 bytes of every text.
@inline
function stopsIn(bytes: v128): v128 {
  return v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c)));
}

// @inline: as above.
@inline
function bitsOf(low: v128, high: v128, byte: i8): u64 {
  const wanted = i8x16.splat(byte);
  const below: u64 = <u32>i8x16.bitmask(i8x16.eq(low, wanted));
  return below | ((<u64>(<u32>i8x16.bitmask(i8x16.eq(high, wanted)))) << 16);
}

/**
 * A bit for each byte that a backslash right before it escapes: those an odd number of steps behind
 * the start of their run of backslashes. A run that starts at an odd position is told from an even
 * one by the carry of an addition, which comes out behind its end (the method of simdjson,
 * "Parsing Gigabytes of JSON per Second", section 3.1.1). Bit 32 tells of the next block's first.
 */
function escapedBits(backslashes: u64, escapedFirst: u64): u64 {
  backslashes &= ~escapedFirst;
  const follows = (backslashes << 1) | escapedFirst;
  const oddStarts = backslashes & ~evenBits & ~follows;
  return (evenBits ^ ((oddStarts + backslashes) << 1)) & follows;
}
