/** The numbers of the blocks come first: two bytes for every 128 code points. */
const numbersBytes: usize = (0x110000 >> 7) << 1;

/** Whether a code point is in a set that tools/bake_code_points.ts laid out. */
export function hasCodePoint(set: usize, codePoint: u32): bool {
  const block: usize = load<u16>(set + (((<usize>codePoint) >> 7) << 1));
  const byte: u32 = load<u8>(set + numbersBytes + (block << 4) + ((codePoint & 0x7f) >> 3));
  return ((byte >> (codePoint & 7)) & 1) != 0;
}

/** The code point of the well-formed character at `ptr`. */
export function codePointAt(ptr: usize): u32 {
  const lead: u32 = load<u8>(ptr);
  if (lead < 0x80) return lead;
  const second: u32 = load<u8>(ptr + 1) & 0x3f;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second;
  const third: u32 = load<u8>(ptr + 2) & 0x3f;
  if (lead < 0xf0) return ((lead & 0x0f) << 12) | (second << 6) | third;
  const fourth: u32 = load<u8>(ptr + 3) & 0x3f;
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | fourth;
}
