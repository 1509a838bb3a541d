/**
 * Whether bytes are UTF-8, sixteen at a time. An error shows in two adjacent bytes, or in a
 * continuation that is missing or too many. Three tables, by the halves of a byte and the high half
 * of the next, tell which errors the two could still be; what all three agree on is one (Keiser and
 * Lemire, "Validating UTF-8 in less than one instruction per byte", 2021). The errors, a bit each:
 *
 *   01  a lead byte without a continuation       10  a surrogate
 *   02  a continuation behind ASCII              20  an overlong form of two bytes
 *   04  an overlong form of three bytes          40  one of four, or above U+10FFFF
 *   08  above U+10FFFF                           80  two continuations: right only as a third byte
 *                                                    or a fourth
 */
const byHighHalf: usize = memory.data<u8>([
  0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x80, 0x80, 0x80, 0x80, 0x21, 0x01, 0x15, 0x49,
]);
const byLowHalf: usize = memory.data<u8>([
  0xe7, 0xa3, 0x83, 0x83, 0x8b, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xdb, 0xcb, 0xcb,
]);
const byNextHighHalf: usize = memory.data<u8>([
  0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0xe6, 0xae, 0xba, 0xba, 0x01, 0x01, 0x01, 0x01,
]);

/**
 * How far the text at `ptr` surely is well-formed, to a place between two characters: at most some
 * 80 bytes before its first error, some 20 before `end`; `ptr` itself where nothing is sure. No
 * byte further behind an error is looked at, so one may call again behind each. A character must
 * begin at `ptr`. Loads stay below `end`.
 */
export function behindUtf8Blocks(ptr: usize, end: usize): usize {
  let at = ptr;
  let sure = ptr;
  let before = i8x16.splat(0);
  let errors = i8x16.splat(0);
  while (at + 16 <= end) {
    const block = v128.load(at);
    if (i8x16.bitmask(v128.or(block, before)) != 0) {
      errors = v128.or(errors, errorsIn(before, block));
    }
    before = block;
    at += 16;
    if (((at - ptr) & 63) != 0 && at + 16 <= end) continue;
    if (v128.any_true(errors)) break;
    sure = at;
  }
  return sure == ptr ? ptr : sure - unfinishedBytes(sure);
}

function errorsIn(before: v128, block: v128): v128 {
  const low = i8x16.splat(0x0f);
  // prettier-ignore
  const back1 = i8x16.shuffle(before, block,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  // prettier-ignore
  const back2 = i8x16.shuffle(before, block,
    14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  // prettier-ignore
  const back3 = i8x16.shuffle(before, block,
    13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  const high = i8x16.swizzle(v128.load(byHighHalf), i8x16.shr_u(back1, 4));
  const half = i8x16.swizzle(v128.load(byLowHalf), v128.and(back1, low));
  const next = i8x16.swizzle(v128.load(byNextHighHalf), i8x16.shr_u(block, 4));
  const pairs = v128.and(v128.and(high, half), next);
  // Here a third or fourth byte must stand, and nowhere else may two continuations meet.
  const third = i8x16.sub_sat_u(back2, i8x16.splat(0x60));
  const fourth = i8x16.sub_sat_u(back3, i8x16.splat(0x70));
  const must = v128.and(v128.or(third, fourth), i8x16.splat(<i8>0x80));
  return v128.xor(must, pairs);
}

/** How many bytes before `at` belong to a character that goes on behind it. */
function unfinishedBytes(at: usize): usize {
  for (let back: usize = 1; back <= 3; back++) {
    const byte: u32 = load<u8>(at - back);
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length: usize = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back ? back : 0;
  }
  return 0;
}
