import { dataOf } from "./bake_data.ts";

/**
 * A set of byte strings of up to 255 bytes, for `isInSet` of assembly/bpe/byte_set.ts:
 *
 *   u32 slots - 1 (slots are a power of two), u32 length of the longest
 *   u32[slots] where an entry stands, from the head; 0 for none. Searched from its hash on.
 *   entries: u8 length, then the bytes
 */
export function byteSetSource(name: string, texts: Uint8Array[]): string {
  let slots = 4;
  while (slots < texts.length * 2) slots *= 2;
  const table = new Uint32Array(2 + slots);
  table[0] = slots - 1;
  const entries: Uint8Array[] = [];
  let at = table.byteLength;
  for (const text of texts) {
    if (text.length > 255)
      throw new Error(`a text of ${text.length} bytes is too long for the set`);
    table[1] = Math.max(table[1] ?? 0, text.length);
    let slot = fnv1a(text) & (slots - 1);
    while (table[2 + slot] !== 0) slot = (slot + 1) & (slots - 1);
    table[2 + slot] = at;
    entries.push(Uint8Array.of(text.length), text);
    at += 1 + text.length;
  }
  return dataOf(name, Buffer.concat([new Uint8Array(table.buffer), ...entries]));
}

/** FNV-1a, 32 bits. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
