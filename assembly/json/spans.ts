import { escapedByte, noUnit, wholeUnit } from "./escapes";

/** A bit for each of 16 bytes that ends a run of plain string content: `"`, `\\` or a control. */
// @ts-ignore: decorator
@inline
export function stringStops(bytes: v128): u32 {
  const special = v128.or(
    v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
    i8x16.lt_u(bytes, i8x16.splat(0x20)),
  );
  return i8x16.bitmask(special);
}

/**
 * The first byte at or after `ptr` that ends a run of plain string content; `end` if there is none.
 * Loads up to 15 bytes past `end`, which callers over-allocate; what lies there never changes the
 * answer.
 */
export function stringRunEnd(ptr: usize, end: usize): usize {
  while (ptr < end) {
    const stops = stringStops(v128.load(ptr));
    if (stops != 0) return min(ptr + ctz(stops), end);
    ptr += 16;
  }
  return end;
}

/**
 * As `stringRunEnd`, but passes good escapes too: stops at a quote, a control character, or a
 * backslash whose escape is bad, cut by `end` or half of a surrogate pair.
 */
export function unreadRunEnd(ptr: usize, end: usize): usize {
  while (ptr < end) {
    ptr = stringRunEnd(ptr, end);
    if (ptr >= end || load<u8>(ptr) != 0x5c) return ptr;
    if (ptr + 1 < end && escapedByte(load<u8>(ptr, 1)) != 0) ptr += 2;
    else if (wholeUnit(ptr, end) != noUnit) ptr += 6;
    else return ptr;
  }
  return ptr;
}

/** Copies in steps of 16: reads and writes up to 15 bytes more than asked. */
// @ts-ignore: decorator
@inline
export function copyWide(to: usize, from: usize, bytes: u32): void {
  for (let done: u32 = 0; done < bytes; done += 16) {
    v128.store(to + done, v128.load(from + done));
  }
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
    if (mask != 0) return min(ptr + ctz(mask), end);
    ptr += 16;
  }
  return end;
}
