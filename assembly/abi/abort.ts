import { proxy_log } from "./imports";
import { LogLevel } from "./types";

const line: usize = memory.data(256);
const lineBytesMax: u32 = 250;

/**
 * Reached only by a defect: a bounds check or an assertion of the compiler's own library. Says
 * where, without allocating, and traps.
 */
export function abort(message: string | null, file: string | null, row: u32, column: u32): void {
  let bytes = append(0, "tokenstile: internal error: ");
  if (message !== null) bytes = append(bytes, message);
  bytes = append(bytes, " at ");
  if (file !== null) bytes = append(bytes, file);
  proxy_log(LogLevel.Critical, line, bytes);
  unreachable();
}

function append(at: u32, text: string): u32 {
  const chars = changetype<usize>(text);
  for (let i = 0; i < text.length && at < lineBytesMax; i++) {
    store<u8>(line + at++, <u8>load<u16>(chars + ((<usize>i) << 1)));
  }
  return at;
}
