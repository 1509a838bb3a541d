/**
 * Compiles the module (`npm run build`) and the unit entries that tests drive.
 *
 * A result is kept as long as the hash of everything it was made from is the same, so that every
 * command may ask for a build and only the first one after an edit pays for it.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bakeVocabularies, vocabDir, type EncodingName } from "./bake.ts";
import { buildHelp, readBuildOptions } from "./build_options.ts";
import { carriedSource } from "./carried.ts";
import { readEncodings } from "./vocabularies/all.ts";
import type { VocabularyFiles } from "./vocabularies/find.ts";

export const rootDir = fileURLToPath(new URL("..", import.meta.url));
export const buildDir = join(rootDir, "build");

const defaultEncodings: EncodingName[] = ["o200k_base", "cl100k_base"];
const lockPatienceMs = 120_000;
const pageBytes = 65_536;
/** The caches of pieces (bpe/piece_cache.ts), for each encoding. */
const cachePages = 21;
/** Classes of characters, the memo, the policy, and what the first streams need. */
const otherPages = 24;

/**
 * The encodings of the module that every command builds and runs: TOKENSTILE_ENCODINGS, with commas
 * between, or the default.
 */
export const moduleEncodings = readEncodings(
  process.env.TOKENSTILE_ENCODINGS ?? defaultEncodings.join(","),
);
export const modulePath = modulePathFor(moduleEncodings);

/**
 * Builds the proxy-wasm module with these encodings if its sources changed; resolves to the path of
 * the .wasm file, which every set of encodings has for its own. `files` hold vocabularies that are
 * not to be read from their packages.
 */
export async function buildModule(
  encodings = moduleEncodings,
  files: VocabularyFiles = {},
): Promise<string> {
  await bakeVocabularies(encodings, vocabDir, files);
  return compile("assembly/index.ts", modulePathFor(encodings), "module", encodings);
}

/**
 * Builds `host-tests/unit/NAME.as.ts`, which exports pure functions of `assembly/` to the tests.
 */
export async function buildUnit(name: string, encodings = defaultEncodings): Promise<string> {
  return buildEntry(`host-tests/unit/${name}.as.ts`, encodings);
}

/** Builds any `FOLDER/NAME.as.ts` (a path from the root) to `build/unit/NAME.wasm`. */
export async function buildEntry(entry: string, encodings = defaultEncodings): Promise<string> {
  await bakeVocabularies(encodings);
  const out = join(buildDir, "unit", `${basename(entry, ".as.ts")}${suffixFor(encodings)}.wasm`);
  return compile(entry, out, "unit", encodings);
}

function modulePathFor(encodings: EncodingName[]): string {
  return join(buildDir, `tokenstile${suffixFor(encodings)}.wasm`);
}

/** Room for all that every VM comes to use: memory that has to grow doubles. */
function memoryOptions(encodings: EncodingName[]): string[] {
  const files = encodings.map((name) => statSync(join(vocabDir, `${name}.ts`)));
  // Eight bytes of tables are up to nineteen characters of a file.
  const tableBytes = files.reduce((sum, { size }) => sum + (size * 8) / 19, 0);
  const pages = Math.ceil(tableBytes / pageBytes) + encodings.length * cachePages + otherPages;
  return ["--initialMemory", String(pages)];
}

/** Tells the files of other sets apart from those of the default. */
function suffixFor(encodings: EncodingName[]): string {
  const key = encodings.join("-");
  return key === defaultEncodings.join("-") ? "" : `-${key}`;
}

async function compile(
  entry: string,
  out: string,
  target: string,
  encodings: EncodingName[],
): Promise<string> {
  mkdirSync(join(out, ".."), { recursive: true });
  const release = await lock(`${out}.lock`);
  try {
    const carried = carriedSource(encodings);
    const stamp = fingerprint(entry, encodings, carried);
    const stampFile = `${out}.stamp`;
    if (existsSync(out) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) {
      return out;
    }
    const part = `${out}.part.wasm`;
    writeFileSync(`${out}.carried.ts`, carried);
    const args = [entry, "--target", target, "--outFile", relative(rootDir, part)];
    args.push(...memoryOptions(encodings));
    const { code, said } = await runCompiler(`${out}.carried.ts`, args);
    if (code !== 0) throw new Error(`${entry} does not compile:\n${said}`);
    renameSync(part, out);
    writeFileSync(stampFile, stamp);
    return out;
  } finally {
    release();
  }
}

async function runCompiler(
  carriedPath: string,
  args: string[],
): Promise<{ code: number | null; said: string }> {
  const compiler = fileURLToPath(new URL("./compile.mjs", import.meta.url));
  const given = [compiler, "build/vocab/carried.ts", carriedPath, ...args];
  const child = spawn(process.execPath, given, { cwd: rootDir });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said };
}

function fingerprint(entry: string, encodings: EncodingName[], carried: string): string {
  const hash = createHash("sha256").update(carried);
  const files = ["package-lock.json", "asconfig.json", entry, ...sourcesIn("assembly")];
  for (const name of ["char_classes", ...encodings]) files.push(`build/vocab/${name}.ts`);
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

/** `npm run build`: says what was built, or why not. */
async function main(args: string[]): Promise<void> {
  const options = readBuildOptions(args);
  if (options.help) return void process.stdout.write(buildHelp);
  let path = await buildModule(options.encodings ?? moduleEncodings, options.files);
  if (options.out !== undefined) {
    copyFileSync(path, options.out);
    path = options.out;
  }
  const bytes = statSync(path).size;
  process.stdout.write(`${relative("", path)} ${bytes.toLocaleString("en")} bytes\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
