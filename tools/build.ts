/**
 * Compiles the module (`npm run build`) and the unit entries that tests drive.
 *
 * A result is kept as long as the hash of everything it was made from is the same, so that every
 * command may ask for a build and only the first one after an edit pays for it.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bakeVocabularies, type EncodingName } from "./bake.ts";

export const rootDir = fileURLToPath(new URL("..", import.meta.url));
export const buildDir = join(rootDir, "build");
export const modulePath = join(buildDir, "tokenstile.wasm");

const moduleEncodings: EncodingName[] = ["o200k_base", "cl100k_base"];
const lockPatienceMs = 120_000;

/** Builds the proxy-wasm module if its sources changed; resolves to the path of the .wasm file. */
export async function buildModule(): Promise<string> {
  await bakeVocabularies(moduleEncodings);
  return compile("assembly/index.ts", modulePath, "module");
}

/**
 * Builds `host-tests/unit/NAME.as.ts`, which exports pure functions of `assembly/` to the tests.
 */
export async function buildUnit(name: string): Promise<string> {
  return buildEntry(`host-tests/unit/${name}.as.ts`);
}

/** Builds any `FOLDER/NAME.as.ts` (a path from the root) to `build/unit/NAME.wasm`. */
export async function buildEntry(entry: string): Promise<string> {
  await bakeVocabularies(moduleEncodings);
  const out = join(buildDir, "unit", `${basename(entry, ".as.ts")}.wasm`);
  return compile(entry, out, "unit");
}

async function compile(entry: string, out: string, target: string): Promise<string> {
  mkdirSync(join(out, ".."), { recursive: true });
  const release = await lock(`${out}.lock`);
  try {
    const stamp = fingerprint(entry);
    const stampFile = `${out}.stamp`;
    if (existsSync(out) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) {
      return out;
    }
    const part = `${out}.part.wasm`;
    const args = [entry, "--target", target, "--outFile", relative(rootDir, part)];
    const { code, said } = await runCompiler(args);
    if (code !== 0) throw new Error(`${entry} does not compile:\n${said}`);
    renameSync(part, out);
    writeFileSync(stampFile, stamp);
    return out;
  } finally {
    release();
  }
}

/** In a process of its own: there it blocks nobody, and tsx does not read the compiler first. */
async function runCompiler(args: string[]): Promise<{ code: number | null; said: string }> {
  const compiler = join(rootDir, "node_modules/assemblyscript/bin/asc.js");
  const child = spawn(process.execPath, [compiler, ...args], { cwd: rootDir });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said };
}

function fingerprint(entry: string): string {
  const hash = createHash("sha256");
  const files = ["package-lock.json", "asconfig.json", entry];
  for (const dir of ["assembly", "build/vocab"]) files.push(...sourcesIn(dir));
  for (const file of files)
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(join(rootDir, file)));
  return hash.digest("hex");
}

function sourcesIn(dir: string): string[] {
  const full = join(rootDir, dir);
  if (!existsSync(full)) return [];
  const names = readdirSync(full, { recursive: true, encoding: "utf8" }).sort();
  return names.filter((name) => name.endsWith(".ts")).map((name) => join(dir, name));
}

/**
 * Two commands may build at once (a test run beside `npm start`): the second waits for the first.
 */
async function lock(dir: string): Promise<() => void> {
  const giveUpMs = Date.now() + lockPatienceMs;
  for (;;) {
    try {
      mkdirSync(dir);
      return () => rmSync(dir, { recursive: true, force: true });
    } catch {
      const ageMs = existsSync(dir) ? Date.now() - statSync(dir).mtimeMs : 0;
      if (ageMs > lockPatienceMs || Date.now() > giveUpMs)
        rmSync(dir, { recursive: true, force: true });
      else await new Promise((wake) => setTimeout(wake, 50));
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const path = await buildModule();
  const bytes = statSync(path).size;
  process.stdout.write(`${join("build", basename(path))} ${bytes.toLocaleString("en")} bytes\n`);
}
