/** What a one-letter escape stands for, by letter from 0x20 on; 0 if it is none. */
const escapedBytes = memory.data<u8>([
  0, 0, 0x22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x2f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5c, 0, 0,
  0, 0, 0, 0x08, 0, 0, 0, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0, 0, 0x0d, 0, 0x09, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0,
]);

/** What stands for no code unit. */
export const noUnit: u32 = 0x110000;

/** What the byte after a backslash stands for (RFC 8259 section 7); 0 for `u` and for no escape. */
export function escapedByte(byte: u32): u32 {
  const index = byte - 0x20;
  return index < 96 ? <u32>load<u8>(escapedBytes + index) : 0;
}

/** 0 to 15, or more if the byte is no hexadecimal digit. */
export function hexDigitValue(byte: u32): u32 {
  const digit = byte - 0x30;
  const letter = (byte | 0x20) - 0x61;
  return select(digit, select(letter + 10, 0xff, letter < 6), digit < 10);
}

/**
 * The code unit of the \uXXXX whose backslash is at `ptr`; 0x110000 if it is not whole before
 * `end`, is not well-formed, or is half of a surrogate pair.
 */
export function wholeUnit(ptr: usize, end: usize): u32 {
  if (ptr + 6 > end || load<u8>(ptr, 1) != 0x75) return noUnit;
  const unit = hexUnit(ptr + 2);
  return unit - 0xd800 < 0x800 ? noUnit : unit;
}

/** The code unit that the four hexadecimal digits at `ptr` write; `noUnit` if they are no such. */
export function hexUnit(ptr: usize): u32 {
  const first = hexDigitValue(load<u8>(ptr));
  const second = hexDigitValue(load<u8>(ptr, 1));
  const third = hexDigitValue(load<u8>(ptr, 2));
  const fourth = hexDigitValue(load<u8>(ptr, 3));
  if ((first | second | third | fourth) > 15) return noUnit;
  return (first << 12) | (second << 8) | (third << 4) | fourth;
}
