/**
 * The first CR or LF at or after `ptr`, `end` if there is none. Loads up to 15 bytes past `end`,
 * which callers over-allocate; what lies there never changes the answer.
 */
export function lineRunEnd(ptr: usize, end: usize): usize {
  const lineFeed = i8x16.splat(0x0a);
  const carriageReturn = i8x16.splat(0x0d);
  while (ptr < end) {
    const bytes = v128.load(ptr);
    const found = v128.or(i8x16.eq(bytes, lineFeed), i8x16.eq(bytes, carriageReturn));
    const mask = i8x16.bitmask(found);
    if (mask != 0) return min(ptr + ctz(mask), end);
    ptr += 16;
  }
  return end;
}
