/** What `base64Value` answers for a character that is no digit. */
export const notBase64: u32 = 0xff;

/** The six bits of a base64 digit (RFC 4648), of either alphabet. Padding is no digit. */
export function base64Value(char: u8): u32 {
  if (<u8>(char - 0x41) < 26) return char - 0x41;
  if (<u8>(char - 0x61) < 26) return char - 0x61 + 26;
  if (<u8>(char - 0x30) < 10) return char - 0x30 + 52;
  if (char == 0x2b || char == 0x2d) return 62;
  return char == 0x2f || char == 0x5f ? 63 : notBase64;
}
