/**
 * The rounds: in each, every contestant counts every corpus in a process of its own, one at a time,
 * in an order drawn anew, so that a slow moment of the machine hits everybody.
 */
import { Random } from "../haystack/random.ts";
import { median } from "../statistics.ts";
import type { Contestant, encodings } from "./contestants.ts";
import type { CutCorpus } from "./corpora/corpora.ts";
import type { Task } from "./process/job.ts";
import type { Launcher } from "./process/run.ts";
import { References } from "./references.ts";
import type { Sample } from "./samples.ts";

export interface RoundsOrder {
  rounds: number;
  contestants: Contestant[];
  corpora: CutCorpus[];
  warmUp: CutCorpus;
  /** Each of its lines is counted by a call of its own. */
  requests: CutCorpus;
}

/** What one process showed of its start and its memory. */
export interface Footprint {
  contestant: string;
  encoding: string;
  startMs: number;
  loadedMib: number;
  endedMib: number;
  peakMib: number;
  linearBytes: number | null;
}

export interface RoundsFound {
  samples: Sample[];
  footprints: Footprint[];
  /** By contestant and encoding: where its counts differ from the reference, and by how much. */
  differences: Map<string, string[]>;
  /** A sentence for each process that did not come to its end. */
  broken: string[];
}

const seed = 5;
const limitMs = 900_000;

export async function runRounds(
  launcher: Launcher,
  order: RoundsOrder,
  names: typeof encodings,
): Promise<RoundsFound> {
  const found: RoundsFound = { samples: [], footprints: [], differences: new Map(), broken: [] };
  const references = new References();
  const random = new Random(seed);
  for (let round = 0; round < order.rounds; round++) {
    const corpora = shuffled(order.corpora, random);
    const turns = names.flatMap((encoding) =>
      order.contestants
        .filter(({ roundsMost }) => round < roundsMost)
        .map((contestant) => ({ contestant, encoding })),
    );
    for (const [at, turn] of shuffled(turns, random).entries()) {
      const what = `${turn.contestant.name}, ${turn.encoding}`;
      progress(`round ${round + 1}/${order.rounds}, ${at + 1}/${turns.length}: ${what}`);
      await takeTurn(launcher, order, { ...turn, round, corpora }, references, found);
    }
  }
  progress("");
  references.keep();
  return found;
}

interface Turn {
  round: number;
  contestant: Contestant;
  encoding: (typeof encodings)[number];
  corpora: CutCorpus[];
}

async function takeTurn(
  launcher: Launcher,
  order: RoundsOrder,
  turn: Turn,
  references: References,
  found: RoundsFound,
): Promise<void> {
  const { contestant, encoding, round } = turn;
  const tasks = tasksOf(order, turn);
  const warmUp = { path: order.warmUp.path, passes: contestant.warmUpPasses };
  const job = { engine: contestant.engine, encoding, warmUp, tasks };
  const runtime = contestant.group === "python" ? "python" : "node";
  const { ready, counted, ended, broke } = await launcher.run(job, runtime, limitMs);
  const label = `${contestant.name}, ${encoding}`;
  if (broke !== null) found.broken.push(`${label}: ${broke}.`);
  for (const { name: text, tokens, ms } of counted) {
    const isRequests = text === order.requests.name;
    const corpus = isRequests ? order.requests : order.corpora.find(({ name }) => name === text);
    if (corpus === undefined) continue;
    const wanted = references.count(encoding, corpus.path, isRequests);
    if (tokens !== wanted) note(found.differences, label, text, tokens - wanted);
    const [freshMs = NaN, ...rest] = ms;
    const times = { freshMs, warmMs: median(rest) };
    found.samples.push({
      ...{ round, contestant: contestant.name, encoding, text, bytes: corpus.bytes },
      ...times,
    });
  }
  if (ready === null || ended === null) return;
  found.footprints.push({
    ...{ contestant: contestant.name, encoding, startMs: ready.startMs },
    ...{ loadedMib: ready.addedMib, endedMib: ended.addedMib, peakMib: ended.peakMib },
    linearBytes: ended.linearBytes,
  });
}

function tasksOf(order: RoundsOrder, { contestant, corpora }: Turn): Task[] {
  const passes = 1 + contestant.warmPasses;
  const whole = corpora.map(({ name, path }) => ({ name, path, passes }));
  const { name, path } = order.requests;
  return [...whole, { name, path, passes, lines: true }];
}

function note(differences: Map<string, string[]>, label: string, text: string, by: number): void {
  const signed = `${text} ${by > 0 ? "+" : ""}${by}`;
  const known = differences.get(label) ?? [];
  if (!known.includes(signed)) differences.set(label, [...known, signed]);
}

/** In an order drawn by the generator. */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const left = [...values];
  const order: T[] = [];
  while (left.length > 0) order.push(...left.splice(random.below(left.length), 1));
  return order;
}

/** One line that the next one overwrites, where somebody is watching. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
