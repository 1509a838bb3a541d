/** AssemblyScript source of a constant: the address of these bytes in the module's static data. */
export function dataOf(name: string, bytes: Uint8Array): string {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 8) * 8);
  padded.set(bytes);
  const lines: string[] = [];
  for (let at = 0; at < padded.length; at += 64) {
    const words: string[] = [];
    for (let word = at; word < Math.min(at + 64, padded.length); word += 8) {
      words.push(`0x${padded.readBigUInt64LE(word).toString(16)}`);
    }
    lines.push(words.join(","));
  }
  return `export const ${name}: usize = memory.data<u64>([\n${lines.join(",\n")}\n], 16);\n`;
}
