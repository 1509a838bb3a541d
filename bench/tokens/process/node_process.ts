/**
 * One process, one engine, one encoding. Plain Node runs this (the bench compiles it first), so
 * that no loader weighs in the start or the memory. The job comes as the only argument.
 */
import { readFileSync } from "node:fs";
import { type Encoder, engines } from "./encoders.ts";
import type { Job, Said, Task } from "./job.ts";

const mebibyte = 1_048_576;

const job = JSON.parse(process.argv[2] ?? "") as Job;
const engine = engines[job.engine];
if (engine === undefined) throw new Error(`there is no engine ${job.engine}`);
const isText = engine.input === "text";

const residentBefore = process.memoryUsage.rss();
const startMs = nowMs();
const encoder = (await engine.load(job.encoding)) as Encoder<string | Uint8Array>;
encoder.count(isText ? "hello" : new TextEncoder().encode("hello"));
say({ kind: "ready", startMs: nowMs() - startMs, addedMib: addedMib() });

const warmUp = readText(job.warmUp.path);
for (let pass = 0; pass < job.warmUp.passes; pass++) encoder.count(warmUp);
for (const task of job.tasks) run(task);
const peakMib = process.resourceUsage().maxRSS / 1024 - residentBefore / mebibyte;
const linearBytes = encoder.linearBytes?.() ?? null;
say({ kind: "ended", addedMib: addedMib(), peakMib, linearBytes });

function run({ name, path, passes, lines }: Task): void {
  const texts = lines ? readFileSync(path, "utf8").split("\n").map(asInput) : [readText(path)];
  const ms: number[] = [];
  let tokens = 0;
  for (let pass = 0; pass < passes; pass++) {
    const from = nowMs();
    tokens = 0;
    for (const text of texts) tokens += encoder.count(text);
    ms.push(nowMs() - from);
  }
  say({ kind: "counted", name, tokens, ms });
}

function readText(path: string): string | Uint8Array {
  const bytes = readFileSync(path);
  return isText ? bytes.toString() : new Uint8Array(bytes);
}

function asInput(line: string): string | Uint8Array {
  return isText ? line : new TextEncoder().encode(line);
}

function nowMs(): number {
  if (job.clock === "wall") return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function addedMib(): number {
  return (process.memoryUsage.rss() - residentBefore) / mebibyte;
}

function say(said: Said): void {
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
