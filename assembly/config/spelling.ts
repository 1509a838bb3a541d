import { pathStepMax } from "../bounds";
import { Name } from "./name";

/**
 * `name` as ASCII for messages: bytes outside printable ASCII, quotes and backslashes are written
 * as `\xNN`, and the end of a long one is cut.
 */
export function spelled(name: Name): string {
  let text = "";
  const shown = min(<i32>name.length, pathStepMax);
  for (let i = 0; i < shown; i++) text += spelledByte(load<u8>(name.ptr + i));
  return <i32>name.length > shown ? text + "..." : text;
}

/** `spelled` between double quotes. */
export function quoted(name: Name): string {
  return '"' + spelled(name) + '"';
}

/** A member's name as the next step of a path: `.name`, or `["..."]` where that would mislead. */
export function pathStep(name: Name): string {
  for (let i: u32 = 0; i < name.length; i++) {
    const byte = load<u8>(name.ptr + i);
    if (!isPlain(byte)) return "[" + quoted(name) + "]";
  }
  return name.length ? "." + spelled(name) : '[""]';
}

/** Bytes that a path shows as they are; brackets and quotes would read as syntax. */
function isPlain(byte: u8): bool {
  if (byte < 0x21 || byte > 0x7e) return false;
  return byte != 0x22 && byte != 0x5b && byte != 0x5c && byte != 0x5d;
}

function spelledByte(byte: u8): string {
  const printable = byte >= 0x20 && byte <= 0x7e && byte != 0x22 && byte != 0x5c;
  if (printable) return String.fromCharCode(byte);
  return "\\x" + hexDigits.charAt(byte >> 4) + hexDigits.charAt(byte & 15);
}

const hexDigits: string = "0123456789abcdef";
