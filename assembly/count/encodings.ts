import { Encoding, encodingByName, encodingName } from "../bpe/encoding";
import { vocabularyOf } from "../bpe/vocabulary";
import { CountFault } from "./fault";
import { isText } from "./text_buffer";

/** The number of the encoding whose name stands in a text buffer, or a `CountFault`. */
export function tokenstile_count_encoding(namePtr: usize, nameBytes: u32): i32 {
  if (!isText(namePtr, nameBytes)) return CountFault.Text;
  const encoding = encodingByName(namePtr, nameBytes);
  return canCount(encoding) ? encoding : CountFault.Encoding;
}

/**
 * Writes the names of the encodings that this build carries into a text buffer, each with a line
 * feed behind it. Answers the bytes written, or a `CountFault` when they do not fit.
 */
export function tokenstile_count_encodings(ptr: usize, bytesMax: u32): i32 {
  if (!isText(ptr, bytesMax)) return CountFault.Text;
  let bytes: u32 = 0;
  let encoding: i32 = Encoding.None;
  while (true) {
    const name = encodingName(++encoding);
    if (name.length == 0) return bytes;
    if (!canCount(encoding)) continue;
    if (<u32>name.length >= bytesMax - bytes) return CountFault.Room;
    bytes += writeLine(ptr + bytes, name);
  }
}

/** Whether texts can be counted by the encoding of that number, which may be any at all. */
export function canCount(encoding: Encoding): bool {
  return vocabularyOf(encoding) !== null;
}

function writeLine(ptr: usize, text: string): u32 {
  const bytes = <u32>text.length;
  const chars = changetype<usize>(text);
  for (let i: u32 = 0; i < bytes; i++) {
    store<u8>(ptr + i, <u8>load<u16>(chars + ((<usize>i) << 1)));
  }
  store<u8>(ptr + bytes, 0x0a);
  return bytes + 1;
}
