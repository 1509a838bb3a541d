/** Starts a process of one engine, pinned to a core where the system can, and listens to it. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { buildDir, buildEntry, buildModule, rootDir } from "../../../tools/build.ts";
import type { Counted, Ended, Failed, Job, Ready, Said } from "./job.ts";

export interface Outcome {
  ready: Ready | null;
  counted: Counted[];
  failed: Failed[];
  ended: Ended | null;
  /** Why it stopped before its end: it took too long, or failed. */
  broke: string | null;
}

/** How a process is started. */
export interface Launcher {
  /** What is written before a command so that it stays on one core; empty where that is not had. */
  pin: string[];
  clock: Job["clock"];
  run(work: Work, runtime: "node" | "python", limitMs: number): Promise<Outcome>;
}

/** What differs from job to job. */
export type Work = Omit<Job, "vocabularies" | "clock">;

const vocabulariesDir = join(rootDir, "node_modules", "gpt-tokenizer", "data");

/** Native packages share work among threads unless they are told not to. */
const oneThread = {
  RAYON_NUM_THREADS: "1",
  FASTOKENS_BPE_THREADS: "1",
  OMP_NUM_THREADS: "1",
  TOKENIZERS_PARALLELISM: "false",
  // An empty name of the folder keeps PyPI's tiktoken from caching what it reads.
  TIKTOKEN_CACHE_DIR: "",
};

const compiledDir = join(buildDir, "bench", "process");
const sources = [
  new URL("./node_process.ts", import.meta.url),
  new URL("./encoders.ts", import.meta.url),
];

/** Builds all that the processes of our side load: the module, the library, the streaming entry. */
export async function buildOurs(): Promise<void> {
  await buildModule();
  const compiler = join(rootDir, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [compiler, "-p", join("lib", "count")], { cwd: rootDir });
  const entry = fileURLToPath(new URL("./stream.as.ts", import.meta.url));
  await buildEntry(relative(rootDir, entry).replaceAll("\\", "/"));
}

/** Compiles what plain Node runs, and finds out whether processes can be pinned. */
export function prepareLauncher(python: string | null): Launcher {
  mkdirSync(compiledDir, { recursive: true });
  for (const url of sources) {
    const name = basename(fileURLToPath(url), ".ts");
    writeFileSync(join(compiledDir, `${name}.js`), compiled(readFileSync(url, "utf8")));
  }
  const lastCore = String(cpus().length - 1);
  const canPin = spawnSync("taskset", ["-c", lastCore, "true"]).status === 0;
  const pin = canPin ? ["taskset", "-c", lastCore] : [];
  const peers = fileURLToPath(new URL("./peers.py", import.meta.url));
  const clock = canPin ? "cpu" : "wall";
  const run: Launcher["run"] = (work, runtime, limitMs) => {
    const job: Job = { ...work, vocabularies: vocabulariesDir, clock };
    const program =
      runtime === "python"
        ? [python ?? "python3", peers]
        : [process.execPath, join(compiledDir, "node_process.js")];
    return listen([...pin, ...program, JSON.stringify(job)], limitMs);
  };
  return { pin, clock, run };
}

function compiled(source: string): string {
  const compilerOptions: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

/** Ends when the process has; what it said until then is kept. */
async function listen(command: string[], limitMs: number): Promise<Outcome> {
  const outcome: Outcome = { ready: null, counted: [], failed: [], ended: null, broke: null };
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: rootDir,
    env: { ...process.env, ...oneThread },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = new Promise<number | null>((done) => child.on("close", done));
  const timer = setTimeout(() => {
    outcome.broke = `more than ${Math.round(limitMs / 1000)} s`;
    child.kill("SIGKILL");
  }, limitMs);
  let complaint = "";
  child.stderr.on("data", (text) => (complaint += text));
  for await (const line of createInterface(child.stdout)) keep(outcome, JSON.parse(line) as Said);
  const code = await exit;
  clearTimeout(timer);
  if (code !== 0) outcome.broke ??= complaint.trim().split("\n").at(-1) ?? `ended (${code})`;
  return outcome;
}

function keep(outcome: Outcome, said: Said): void {
  if (said.kind === "ready") outcome.ready = said;
  else if (said.kind === "counted") outcome.counted.push(said);
  else if (said.kind === "failed") outcome.failed.push(said);
  else outcome.ended = said;
}
