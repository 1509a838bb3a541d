import { equalsAsciiIgnoreCase, startsWithAsciiIgnoreCase } from "../bytes/ascii";

/**
 * True when a content-type names a charset other than UTF-8 or its subset US-ASCII. JSON is UTF-8
 * (RFC 8259 section 8.1), but some servers decode a body by what the header says, and would then
 * read other members than we do.
 */
export function namesOtherCharset(value: usize, bytes: u32): bool {
  for (let at: u32 = 0; at < bytes; at++) {
    if (!startsWithAsciiIgnoreCase(value + at, bytes - at, "charset")) continue;
    let from = at + 7;
    while (from < bytes && isSeparator(load<u8>(value + from))) from++;
    let to = from;
    while (to < bytes && !isEnd(load<u8>(value + to))) to++;
    if (!isUtf8Name(value + from, to - from)) return true;
  }
  return false;
}

function isUtf8Name(name: usize, bytes: u32): bool {
  return (
    equalsAsciiIgnoreCase(name, bytes, "utf-8") ||
    equalsAsciiIgnoreCase(name, bytes, "utf8") ||
    equalsAsciiIgnoreCase(name, bytes, "us-ascii")
  );
}

/** Between the word and its value: `=`, a quote, white space. */
function isSeparator(byte: u8): bool {
  return byte == 0x3d || byte == 0x22 || byte == 0x27 || byte == 0x20 || byte == 0x09;
}

function isEnd(byte: u8): bool {
  return byte == 0x3b || byte == 0x2c || byte == 0x22 || byte == 0x27 || byte <= 0x20;
}
