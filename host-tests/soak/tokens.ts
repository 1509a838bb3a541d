/**
 * A million drawn texts, counted as the reference counts them whole, in chunks, cut anywhere and up
 * to a limit; then a MiB of each of the worst texts, as the plain twin counts it.
 *
 *   npm run soak -- tokens [--strings 1000000] [--seed N] [--from 0] [--encoding NAME]
 *                          [--workers N] [--without-worst]
 *
 * A text depends on the seed and its number alone: a failure names both, and shows the shortest
 * text found that fails as well. What fails only behind others, because of what a cache holds, is
 * found again with `--workers 1`, the same seed, and `--from` a little before it.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildUnit } from "../../tools/build.ts";
import { encodings } from "../unit/bpe_module.ts";
import type { Report, Task } from "./token_worker.ts";

const options = {
  strings: { type: "string", default: "1000000" },
  seed: { type: "string", default: String(Date.now() % 1_000_000_007) },
  from: { type: "string", default: "0" },
  encoding: { type: "string" },
  workers: { type: "string", default: String(freeCores()) },
  "without-worst": { type: "boolean", default: false },
} as const;

const { values } = parseArgs({ options });
const strings = Number(values.strings);
const seed = Number(values.seed);
const from = Number(values.from);
const workers = Math.max(1, Number(values.workers));
const chosen = encodings.filter(([name]) => name === (values.encoding ?? name));
const reportEveryMs = 5_000;

function freeCores(): number {
  const [busy = 0] = loadavg();
  return Math.max(1, Math.round(availableParallelism() - busy));
}

/** Runs one task in a process of its own; answers how many faults it told of. */
async function run(task: Task, seen: (done: number) => void): Promise<number> {
  const child: ChildProcess = fork(fileURLToPath(new URL("./token_worker.ts", import.meta.url)));
  let faults = 0;
  child.on("message", ({ done, fault }: Report) => {
    seen(done);
    if (fault === undefined) return;
    faults++;
    console.error(fault);
  });
  child.send(task);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) console.error(`a worker ended with ${code}: ${JSON.stringify(task)}`);
  return faults + (code === 0 ? 0 : 1);
}

function progress(done: number, startMs: number): void {
  const seconds = (Date.now() - startMs) / 1000;
  console.log(
    `${done.toLocaleString("en")} of ${strings.toLocaleString("en")} texts, ` +
      `${Math.round(done / seconds).toLocaleString("en")} a second`,
  );
}

async function fuzz(): Promise<number> {
  const startMs = Date.now();
  const done = new Array<number>(workers).fill(0);
  const total = (): number => done.reduce((sum, one) => sum + one, 0);
  const timer = setInterval(() => progress(total(), startMs), reportEveryMs);
  const tasks = done.map((_, worker): Task => {
    const share = { seed, from: from + worker, to: from + strings, step: workers };
    return { ...share, encodings: chosen, kind: "drawn" };
  });
  const faults = await Promise.all(
    tasks.map((task, worker) => run(task, (count) => (done[worker] = count))),
  );
  clearInterval(timer);
  progress(total(), startMs);
  return faults.reduce((sum, one) => sum + one, 0);
}

async function worst(): Promise<number> {
  const startMs = Date.now();
  const task: Task = { seed, from: 0, to: 0, step: 1, encodings: chosen, kind: "worst" };
  const faults = await run(task, () => {});
  console.log(`a MiB of each of the worst texts: ${Math.round((Date.now() - startMs) / 1000)} s`);
  return faults;
}

console.log(`tokens: --seed ${seed} --from ${from} --strings ${strings}, ${workers} at once`);
await buildUnit("bpe");
const faults = (await fuzz()) + (values["without-worst"] ? 0 : await worst());
console.log(faults === 0 ? "no difference to the reference" : `${faults} differences`);
if (faults > 0) process.exitCode = 1;
