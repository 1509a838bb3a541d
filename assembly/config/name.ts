/**
 * A text of the policy as UTF-8 bytes, to be compared with and copied into what passes by without
 * decoding anything. The bytes do not move and live as long as the configuration that holds them.
 */
export class Name {
  constructor(public readonly bytes: StaticArray<u8>) {}

  get ptr(): usize {
    return changetype<usize>(this.bytes);
  }

  get length(): u32 {
    return <u32>this.bytes.length;
  }
}

/** A copy of `bytes` bytes at `ptr`. */
export function nameFromBytes(ptr: usize, bytes: u32): Name {
  const copy = new StaticArray<u8>(<i32>bytes);
  memory.copy(changetype<usize>(copy), ptr, bytes);
  return new Name(copy);
}

/** `text` as UTF-8. */
export function nameFromText(text: string): Name {
  const encoded = String.UTF8.encode(text);
  return nameFromBytes(changetype<usize>(encoded), <u32>encoded.byteLength);
}

/** Stands where there is no text. */
export const noName = nameFromText("");
