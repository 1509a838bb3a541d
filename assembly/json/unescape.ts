import { encodeUtf8 } from "../bytes/utf8";
import { escapedByte, hexUnit, noUnit, wholeUnit } from "./escapes";
import { stringStops } from "./spans";

/** What `unescapeWhole` answers when it leaves a text to the scanner. */
export const leftToScanner: u32 = 0xffffffff;

/**
 * Writes the text whose JSON string content stands at `ptr` to `out` and answers its size, which is
 * no more than `bytes`. Leaves to the scanner what is not plain: mistakes, and surrogates that are
 * no pair. Reads up to 15 bytes behind the content and writes as many behind the text.
 */
export function unescapeWhole(ptr: usize, bytes: u32, out: usize): u32 {
  const end = ptr + bytes;
  let at = ptr;
  let to = out;
  while (true) {
    const content = v128.load(at);
    v128.store(to, content);
    const stops = stringStops(content);
    const run = min(stops != 0 ? <usize>ctz(stops) : 16, end - at);
    at += run;
    to += run;
    if (at >= end) return <u32>(to - out);
    if (stops == 0) continue;
    if (load<u8>(at) != 0x5c) return leftToScanner;
    const byte = at + 1 < end ? escapedByte(load<u8>(at, 1)) : 0;
    if (byte != 0) {
      store<u8>(to++, byte);
      at += 2;
      continue;
    }
    const unit = wholeUnit(at, end);
    const codePoint = unit != noUnit ? unit : wholePair(at, end);
    if (codePoint == noUnit) return leftToScanner;
    to += encodeUtf8(codePoint, to);
    at += unit != noUnit ? 6 : 12;
  }
}

/** The character of the two \uXXXX from `ptr` on; `noUnit` if they are no surrogate pair. */
function wholePair(ptr: usize, end: usize): u32 {
  if (ptr + 12 > end || load<u8>(ptr, 1) != 0x75 || load<u16>(ptr, 6) != 0x755c) return noUnit;
  const high = hexUnit(ptr + 2) - 0xd800;
  const low = hexUnit(ptr + 8) - 0xdc00;
  return high < 0x400 && low < 0x400 ? 0x10000 + (high << 10) + low : noUnit;
}
