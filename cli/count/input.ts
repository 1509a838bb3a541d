/** Where the texts come from: files, or standard input, in chunks however large they are. */
import { fstatSync, type Stats } from "node:fs";
import { type FileHandle, open, readFile, stat } from "node:fs/promises";

const chunkBytes = 262_144;

/** What an input holds. A chunk is good until the next one is asked for. */
export type Chunks = AsyncIterable<Uint8Array>;

/** A sentence on why an input cannot be read. */
export class Unreadable extends Error {}

/** The name that stands for standard input. */
export const standardInput = "-";

/** Opens an input, hands it to `use` and closes it. Rejects with `Unreadable`. */
export async function withInput<T>(name: string, use: (chunks: Chunks) => Promise<T>): Promise<T> {
  if (name === standardInput) return readable("Standard input", async () => use(stdinChunks()));
  return readable(name, async () => {
    const file = await open(name);
    try {
      return await use(chunksOf(file));
    } finally {
      await file.close();
    }
  });
}

/** A file of up to `bytesMax` in one piece; null of others, and of what is gone once it is read. */
export async function readWhole(name: string, bytesMax: number): Promise<Uint8Array | null> {
  const found = name === standardInput ? null : await statOf(name);
  if (!found?.isFile() || found.size > bytesMax) return null;
  return readable(name, () => readFile(name));
}

/** Bytes of all inputs together; null where that shows in the end only, as of a pipe. */
export async function sizeOf(names: string[]): Promise<number | null> {
  let bytes = 0;
  for (const name of names) {
    const found = name === standardInput ? fstatSync(process.stdin.fd) : await statOf(name);
    if (found === null || found.isDirectory()) continue;
    if (!found.isFile()) return null;
    bytes += found.size;
  }
  return bytes;
}

/** Null where there is nothing to look at, which is told when it is read. */
async function statOf(name: string): Promise<Stats | null> {
  return stat(name).catch(() => null);
}

/** The buffer is used again and again, so that a file of any size takes the same memory. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array, void> {
  const buffer = new Uint8Array(chunkBytes);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, chunkBytes);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Standard input; whoever asks for it again finds it at its end, as in every program. */
function stdinChunks(): Chunks {
  const { stdin } = process;
  // Node itself reads a directory there as if it were empty.
  if (fstatSync(stdin.fd).isDirectory()) throw new Unreadable("Standard input is a directory.");
  return stdin;
}

async function readable<T>(name: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    if (code === "ENOENT") throw new Unreadable(`There is no file ${name}.`);
    if (code === "EISDIR") throw new Unreadable(`${name} is a directory.`);
    throw new Unreadable(`${name} cannot be read (${code}).`);
  }
}
