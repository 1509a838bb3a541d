/**
 * Gemma writes a space as U+2581, so one in a text is a space to it; a run of them is a special
 * token. Where Gemma is not carried, nothing of this gets into the module.
 */
import { carriedEncodings } from "../../build/vocab/carried";
import { TextCounter } from "./counter";
import { Encoding } from "./encoding";
import { unknown } from "./marked_text";

export const gemmaCarried: bool = ((carriedEncodings >> Encoding.Gemma3) & 1) != 0;

/** The longest run that is one token. */
const runMax: u32 = 31;
/** U+2581 */
const lead: u32 = 0xe2;
const leadAndSecond: u32 = 0x96e2;
const third: u32 = 0x81;

const space: usize = memory.data<u64>([0x20, 0, 0, 0, 0]);

/** Takes whole characters, and a space for each U+2581. */
export function takeUnderlines(counter: TextCounter, ptr: usize, bytes: u32): void {
  const end = ptr + bytes;
  let plain = ptr;
  while (ptr + 2 < end) {
    if (load<u8>(ptr) != lead || !isUnderline(ptr)) {
      ptr++;
      continue;
    }
    if (ptr > plain) counter.takeSettled(plain, <u32>(ptr - plain));
    counter.takeSettled(space, 1);
    ptr += 3;
    plain = ptr;
  }
  if (plain < end) counter.takeSettled(plain, <u32>(end - plain));
}

/** Whether there is a U+2581 in the text. */
export function hasUnderline(ptr: usize, end: usize): bool {
  while (ptr < end) {
    const leads = i8x16.bitmask(i8x16.eq(v128.load(ptr), i8x16.splat(<i8>lead)));
    if (leads == 0) {
      ptr += 16;
    } else {
      ptr += ctz(leads);
      if (ptr + 3 <= end && isUnderline(ptr)) return true;
      ptr++;
    }
  }
  return false;
}

/**
 * The bytes of the run of 2 to 31 of U+2581 that the text [ptr, end) begins with; 0 where there is
 * none, `unknown` where more text could make one, or a longer one; never when the text is `final`.
 */
export function underlinesAt(ptr: usize, end: usize, final: bool): i32 {
  let run: u32 = 0;
  let at = ptr;
  while (run < runMax && at + 3 <= end && isUnderline(at)) {
    at += 3;
    run++;
  }
  if (!final && run < runMax && isBegun(at, end)) return unknown;
  return run > 1 ? <i32>(at - ptr) : 0;
}

// @inline: two loads.
@inline
function isUnderline(ptr: usize): bool {
  return load<u16>(ptr) == leadAndSecond && load<u8>(ptr + 2) == third;
}

/** Whether the text ends at `ptr`, or inside of what may be a U+2581. */
function isBegun(ptr: usize, end: usize): bool {
  if (ptr == end) return true;
  if (ptr + 1 == end) return load<u8>(ptr) == lead;
  return ptr + 2 == end && load<u16>(ptr) == leadAndSecond;
}
