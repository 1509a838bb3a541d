import { toLowerAscii } from "../bytes/ascii";

/**
 * True when a case-folding JSON reader (Go's encoding/json is one) would take the two names for the
 * same: A-Z fold to a-z, U+017F (long s) to s, U+212A (kelvin sign) to k. `plain` is lower-case
 * ASCII, as all names in our shapes are.
 */
export function foldsTo(name: usize, nameBytes: u32, plain: usize, plainBytes: u32): bool {
  let at: u32 = 0;
  for (let i: u32 = 0; i < plainBytes; i++) {
    if (at >= nameBytes) return false;
    const expected = load<u8>(plain + i);
    const byte = load<u8>(name + at);
    if (toLowerAscii(byte) == expected) {
      at += 1;
    } else if (expected == 0x73 && startsLongS(name + at, nameBytes - at)) {
      at += 2;
    } else if (expected == 0x6b && startsKelvin(name + at, nameBytes - at)) {
      at += 3;
    } else {
      return false;
    }
  }
  return at == nameBytes;
}

function startsLongS(ptr: usize, bytes: u32): bool {
  return bytes >= 2 && load<u8>(ptr) == 0xc5 && load<u8>(ptr, 1) == 0xbf;
}

function startsKelvin(ptr: usize, bytes: u32): bool {
  if (bytes < 3) return false;
  return load<u8>(ptr) == 0xe2 && load<u8>(ptr, 1) == 0x84 && load<u8>(ptr, 2) == 0xaa;
}
