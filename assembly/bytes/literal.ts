/** An ASCII literal as bytes in memory, made once at start and never freed. */
@unmanaged
export class Literal {
  ptr: usize;
  bytes: u32;
}

export function literal(text: string): Literal {
  const made = changetype<Literal>(heap.alloc(offsetof<Literal>()));
  made.bytes = <u32>text.length;
  made.ptr = heap.alloc(<usize>max<u32>(made.bytes, 1));
  for (let i: u32 = 0; i < made.bytes; i++) {
    store<u8>(made.ptr + i, <u8>text.charCodeAt(i));
  }
  return made;
}
