/** How slow the worst texts are, against prose, and whether twice as much takes twice as long. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildDir } from "../../tools/build.ts";
import { Random } from "../haystack/random.ts";
import { median } from "../statistics.ts";
import { type Contestant, type encodings, ours, reference } from "./contestants.ts";
import type { CutCorpus } from "./corpora/corpora.ts";
import { worstFamilies } from "./corpora/worst.ts";
import type { Counted, Task } from "./process/job.ts";
import type { Launcher } from "./process/run.ts";
import { progress, shuffled } from "./rounds.ts";
import type { References } from "./references.ts";

type EncodingName = (typeof encodings)[number];

/** Of ours and of native packages; npm packages would take minutes. */
const wholeBytes = 1_048_576;
const wholeBytesNpm = 16_384;

const seed = 83;
const limitMs = 180_000;
const limitMsOfPeers = 60_000;

/** Who is asked about 1 MiB: the first that has an answer. All are exact wherever we looked. */
const judges = ["PyPI tiktoken", "toktok-rs", "quicktok-v1"];

/** One family in one encoding, as we count it. */
export interface WorstOfOurs {
  family: string;
  encoding: EncodingName;
  /** Medians over the rounds: of 1 MiB; against prose; 1 MiB against half of it. */
  speed: number;
  relative: number;
  doubling: number;
}

/** One family in the first encoding, as another package counts it. */
export interface WorstOfPeer {
  contestant: string;
  family: string;
  bytes: number;
  /** Infinity where it gave up, or its time was up before. */
  ms: number;
  gaveUp: boolean;
  doubling: number;
}

export interface WorstOrder {
  rounds: number;
  prose: CutCorpus;
  warmUp: CutCorpus;
  /** Texts of each family and size, so that no cache has seen what is timed. */
  variants: number;
}

export interface WorstFound {
  ours: WorstOfOurs[];
  peers: WorstOfPeer[];
  /** Where counts differ, a sentence each. */
  differences: string[];
}

interface WorstTask extends Task {
  family: string;
  bytes: number;
  isWhole: boolean;
}

/** Our engine in every encoding, round after round. */
export async function measureOurWorst(
  launcher: Launcher,
  order: WorstOrder,
  names: readonly EncodingName[],
  references: References,
): Promise<WorstFound> {
  const found: WorstFound = { ours: [], peers: [], differences: [] };
  const random = new Random(seed);
  const small = smallTasks();
  for (const encoding of names) {
    const counted: Counted[][] = [];
    const tasks = largeTasks(order.variants);
    for (let round = 0; round < order.rounds; round++) {
      progress(`worst cases, ${encoding}, round ${round + 1}/${order.rounds}`);
      const first = round === 0 ? small : [];
      const all = [proseTask(order.prose), ...first, ...shuffled(tasks, random)];
      counted.push(await runOurs(found, launcher, order, encoding, all));
    }
    checkSmall(found, ours, encoding, small, counted[0] ?? [], references);
    const families = worstFamilies.map(({ name }) => name);
    found.ours.push(...families.map((name) => figuresOf(name, encoding, tasks, counted, order)));
  }
  progress("");
  return found;
}

/** Every other package once, in the first encoding: npm packages on little text. */
export async function measurePeersWorst(
  launcher: Launcher,
  order: WorstOrder,
  contestants: Contestant[],
  encoding: EncodingName,
  references: References,
): Promise<WorstFound> {
  const found: WorstFound = { ours: [], peers: [], differences: [] };
  for (const { name, engine, group } of contestants) {
    progress(`worst cases, ${name}`);
    const tasks = group === "npm" ? smallTasks() : largeTasks(1);
    const work = { engine, encoding, warmUp: { path: order.warmUp.path, passes: 1 }, tasks };
    const runtime = group === "python" ? "python" : "node";
    const { counted, failed } = await launcher.run(work, runtime, limitMsOfPeers);
    if (group === "npm" && name !== reference) {
      checkSmall(found, name, encoding, tasks, counted, references);
    }
    for (const family of worstFamilies) {
      const figures = peerFigures(name, family.name, tasks, counted);
      const gaveUp = failed.some(({ name: text }) => text.startsWith(`${family.name},`));
      found.peers.push({ ...figures, gaveUp });
    }
  }
  progress("");
  return found;
}

/** Where a native package counts 1 MiB otherwise than we do. */
export async function compareLarge(
  launcher: Launcher,
  order: WorstOrder,
  encoding: EncodingName,
  there: string[],
): Promise<string[]> {
  const tasks = largeTasks(1);
  const warmUp = { path: order.warmUp.path, passes: 1 };
  const work = { encoding, warmUp, tasks };
  const own = await launcher.run({ ...work, engine: "module" }, "node", limitMs);
  const verdicts = new Map<string, { judge: string; tokens: number }>();
  for (const judge of judges.filter((name) => there.includes(name))) {
    const { counted } = await launcher.run({ ...work, engine: judge }, "python", limitMs);
    for (const { name, tokens } of counted) {
      if (!verdicts.has(name)) verdicts.set(name, { judge, tokens });
    }
    if (verdicts.size === tasks.length) break;
  }
  return own.counted.flatMap(({ name, tokens }) => {
    const { judge = "nobody", tokens: wanted = NaN } = verdicts.get(name) ?? {};
    if (wanted === tokens) return [];
    return [`${ours} counts ${tokens} tokens in ${name} (${encoding}); ${judge} ${wanted}`];
  });
}

async function runOurs(
  found: WorstFound,
  launcher: Launcher,
  order: WorstOrder,
  encoding: EncodingName,
  tasks: Task[],
): Promise<Counted[]> {
  const warmUp = { path: order.warmUp.path, passes: 5 };
  const work = { engine: "module", encoding, warmUp, tasks };
  const { counted, broke } = await launcher.run(work, "node", limitMs);
  if (broke !== null) found.differences.push(`${ours} did not come to its end: ${broke}`);
  return counted;
}

function figuresOf(
  family: string,
  encoding: EncodingName,
  tasks: WorstTask[],
  rounds: Counted[][],
  order: WorstOrder,
): WorstOfOurs {
  const each = rounds.map((counted) => {
    const msOf = (name: string): number => counted.find((task) => task.name === name)?.ms[0] ?? NaN;
    const ofSize = (isWhole: boolean): number =>
      median(
        tasks
          .filter((task) => task.family === family && task.isWhole === isWhole)
          .map((task) => msOf(task.name) / (task.bytes / 1000)),
      );
    const whole = ofSize(true);
    const prose = msOf(order.prose.name) / (order.prose.bytes / 1000);
    return { speed: 1 / whole, relative: prose / whole, doubling: (2 * whole) / ofSize(false) };
  });
  return {
    family,
    encoding,
    speed: median(each.map(({ speed }) => speed)),
    relative: median(each.map(({ relative }) => relative)),
    doubling: median(each.map(({ doubling }) => doubling)),
  };
}

function peerFigures(
  contestant: string,
  family: string,
  tasks: WorstTask[],
  counted: Counted[],
): Omit<WorstOfPeer, "gaveUp"> {
  const of = (isWhole: boolean): { ms: number; bytes: number } => {
    const task = tasks.find((each) => each.family === family && each.isWhole === isWhole);
    const ms = counted.find(({ name }) => name === task?.name)?.ms[0] ?? Infinity;
    return { ms, bytes: task?.bytes ?? NaN };
  };
  const whole = of(true);
  return { contestant, family, ...whole, doubling: whole.ms / of(false).ms };
}

function checkSmall(
  found: WorstFound,
  who: string,
  encoding: EncodingName,
  tasks: WorstTask[],
  counted: Counted[],
  references: References,
): void {
  for (const { name, path } of tasks) {
    const tokens = counted.find((each) => each.name === name)?.tokens;
    const wanted = references.count(encoding, path);
    if (tokens === undefined || tokens === wanted) continue;
    found.differences.push(`${who} counts ${tokens} of ${wanted} tokens in ${name} (${encoding})`);
  }
}

function proseTask({ name, path }: CutCorpus): Task {
  return { name, path, passes: 1 };
}

/** Texts that npm packages count in a second or so. */
function smallTasks(): WorstTask[] {
  return worstFamilies.flatMap(({ name }) =>
    [wholeBytesNpm / 2, wholeBytesNpm].map((bytes) => taskOf(name, bytes, wholeBytesNpm, 1)),
  );
}

/** 1 MiB and half of it, of every variant. */
function largeTasks(variants: number): WorstTask[] {
  return worstFamilies.flatMap(({ name }) =>
    Array.from({ length: variants }, (_, index) =>
      [wholeBytes / 2, wholeBytes].map((bytes) => taskOf(name, bytes, wholeBytes, index + 1)),
    ).flat(),
  );
}

/** The text lies in a folder that is named for the program that made it. */
function taskOf(family: string, bytes: number, whole: number, variant: number): WorstTask {
  const name = `${family}, ${bytes / 1024} KiB, variant ${variant}`;
  const program = readFileSync(new URL("./corpora/worst.ts", import.meta.url));
  const made = createHash("sha256").update(program).digest("hex").slice(0, 12);
  const dir = join(buildDir, "bench", `worst-${made}`);
  const path = join(dir, `${name.replace(/\W+/g, "-")}.bin`);
  if (!existsSync(path)) {
    mkdirSync(dir, { recursive: true });
    // Half a text is no beginning of the whole one, which a cache could know.
    const seedOfText = variant * 2 + (bytes === whole ? 1 : 0);
    const make = worstFamilies.find((each) => each.name === family)?.make;
    writeFileSync(path, make?.(bytes, seedOfText) ?? Buffer.alloc(0));
  }
  return { name, path, passes: 1, family, bytes, isWhole: bytes === whole };
}
