/**
 * Runs the AssemblyScript compiler with one file read from elsewhere:
 * `node compile.mjs PATH CONTENT-PATH ARGUMENT...`. Builds of different encodings differ in that
 * one file, and may go on at the same time. A process of its own blocks nobody, and is plain
 * JavaScript, because tsx would read the compiler first.
 */
import { readFile } from "node:fs/promises";
import { join, normalize } from "node:path";
import asc from "assemblyscript/asc";

const [path, contentPath, ...args] = process.argv.slice(2);

const { error } = await asc.main(args, {
  stdout: process.stdout,
  stderr: process.stderr,
  async readFile(name, baseDir) {
    const from = normalize(name) === path ? contentPath : join(baseDir, name);
    return readFile(from, "utf8").catch(() => null);
  },
});
process.exitCode = error ? 1 : 0;
