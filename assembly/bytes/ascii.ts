/** Comparisons of raw bytes with each other and with ASCII literals. Nothing here allocates. */

/** True when both runs hold the same bytes. */
export function equalsBytes(a: usize, aBytes: u32, b: usize, bBytes: u32): bool {
  return aBytes == bBytes && memory.compare(a, b, aBytes) == 0;
}

/** True when the bytes spell `literal`, which must be ASCII. */
export function equalsAscii(ptr: usize, bytes: u32, literal: string): bool {
  if (bytes != <u32>literal.length) return false;
  const chars = changetype<usize>(literal);
  for (let i: u32 = 0; i < bytes; i++) {
    if (load<u8>(ptr + i) != <u8>load<u16>(chars + ((<usize>i) << 1))) return false;
  }
  return true;
}

/** As `equalsAscii`, but A-Z in the bytes also match a-z in `literal`, which must be lower case. */
export function equalsAsciiIgnoreCase(ptr: usize, bytes: u32, literal: string): bool {
  if (bytes != <u32>literal.length) return false;
  const chars = changetype<usize>(literal);
  for (let i: u32 = 0; i < bytes; i++) {
    const char = <u8>load<u16>(chars + ((<usize>i) << 1));
    if (toLowerAscii(load<u8>(ptr + i)) != char) return false;
  }
  return true;
}

/** True when the bytes begin with `literal` (ASCII, lower case), ignoring the case of A-Z. */
export function startsWithAsciiIgnoreCase(ptr: usize, bytes: u32, literal: string): bool {
  const prefixBytes = <u32>literal.length;
  return bytes >= prefixBytes && equalsAsciiIgnoreCase(ptr, prefixBytes, literal);
}

/** True when there is at least one byte and all are printable ASCII without space (0x21-0x7e). */
export function isVisibleAscii(ptr: usize, bytes: u32): bool {
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = load<u8>(ptr + i);
    if (byte < 0x21 || byte > 0x7e) return false;
  }
  return bytes != 0;
}

// @ts-ignore: decorator
@inline
export function toLowerAscii(byte: u8): u8 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}
