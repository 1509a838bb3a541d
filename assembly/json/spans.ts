/**
 * The first byte at or after `ptr` that ends a run of plain string content: a quote, a backslash
 * or a control character; `end` if there is none. Loads up to 15 bytes past `end`, which callers
 * over-allocate; what lies there never changes the answer.
 */
export function stringRunEnd(ptr: usize, end: usize): usize {
  const quote = i8x16.splat(0x22);
  const backslash = i8x16.splat(0x5c);
  const space = i8x16.splat(0x20);
  while (ptr < end) {
    const bytes = v128.load(ptr);
    const special = v128.or(
      v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)),
      i8x16.lt_u(bytes, space),
    );
    const mask = i8x16.bitmask(special);
    if (mask != 0) {
      const found = ptr + ctz(mask);
      return found < end ? found : end;
    }
    ptr += 16;
  }
  return end;
}

/** The first byte at or after `ptr` that is not JSON white space; `end` if there is none. */
export function whitespaceRunEnd(ptr: usize, end: usize): usize {
  if (ptr >= end || load<u8>(ptr) > 0x20) return ptr;
  while (ptr < end) {
    const bytes = v128.load(ptr);
    const blank = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x20)), i8x16.eq(bytes, i8x16.splat(0x0a))),
      v128.or(i8x16.eq(bytes, i8x16.splat(0x0d)), i8x16.eq(bytes, i8x16.splat(0x09))),
    );
    const mask = i8x16.bitmask(blank) ^ 0xffff;
    if (mask != 0) {
      const found = ptr + ctz(mask);
      return found < end ? found : end;
    }
    ptr += 16;
  }
  return end;
}
