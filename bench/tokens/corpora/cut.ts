/** About how large each corpus is. */
export const corpusBytes = 1_048_576;

/** The beginning of a text, `bytes` bytes of UTF-8 at most, without half a character at its end. */
export function cutText(text: string, bytes: number): string {
  const all = Buffer.from(text);
  let end = Math.min(bytes, all.length);
  while (end < all.length && ((all[end] ?? 0) & 0xc0) === 0x80) end--;
  return all.toString("utf8", 0, end);
}
