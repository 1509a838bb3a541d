import {
  decodeUtf8,
  encodeUtf8,
  isUtf8,
  utf8Invalid,
  utf8PendingBytes,
  utf8Run,
} from "../../assembly/bytes/utf8";

export function allocate(bytes: u32): usize {
  return heap.alloc(bytes);
}

export function valid(ptr: usize, bytes: u32): bool {
  return isUtf8(ptr, bytes);
}

/** As `valid`, checked in pieces of `pieceBytes`. */
export function validInPieces(ptr: usize, bytes: u32, pieceBytes: u32): bool {
  let state: u32 = 0;
  for (let at: u32 = 0; at < bytes; at += pieceBytes) {
    state = utf8Run(state, ptr + at, min(pieceBytes, bytes - at));
    if (state == utf8Invalid) return false;
  }
  return state == 0;
}

/** Writes the code points of the span to `out` as u32s; answers how many. */
export function decodeAll(ptr: usize, bytes: u32, out: usize): u32 {
  const end = ptr + bytes;
  let count: u32 = 0;
  while (ptr < end) {
    const decoded = decodeUtf8(ptr, end);
    store<u32>(out + ((<usize>count) << 2), decoded & 0xffffff);
    ptr += decoded >> 24;
    count++;
  }
  return count;
}

export function encode(codePoint: u32, out: usize): u32 {
  return encodeUtf8(codePoint, out);
}

export function pending(ptr: usize, bytes: u32): u32 {
  return utf8PendingBytes(ptr, bytes);
}
