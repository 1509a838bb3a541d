/** `npm run bench -- tokens`: what README.md beside this file describes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { modulePath } from "../../tools/build.ts";
import type { BenchOptions } from "../options.ts";
import type { Section } from "../report.ts";
import {
  type Contestant,
  contestantsOf,
  encodings,
  ourChunks,
  ourDeltas,
  ours,
} from "./contestants.ts";
import { type Corpus, corpora, cutCorpus, cutWarmUp, requests } from "./corpora/corpora.ts";
import { goalsTable, memoGoals, speedGoals, vmGoals, worstGoals } from "./goals.ts";
import { measureMemo } from "./memo.ts";
import { methodOf } from "./method.ts";
import { keepChart } from "./picture.ts";
import { noPython, preparePython } from "./process/python.ts";
import { buildOurs, type Launcher, prepareLauncher } from "./process/run.ts";
import { References } from "./references.ts";
import { type RoundsFound, runRounds } from "./rounds.ts";
import { Samples } from "./samples.ts";
import * as tables from "./tables.ts";
import { measureVm } from "./vm.ts";
import {
  compareLarge,
  measureOurWorst,
  measurePeersWorst,
  type WorstFound,
  type WorstOrder,
} from "./worst.ts";

const startsFull = 9;
const startsQuick = 3;
const variantsFull = 3;
const variantsQuick = 1;

type Show = (section: Section) => void;

/** Shows the tables; false when a count of ours was wrong. */
export async function benchTokens(options: BenchOptions, show: Show): Promise<boolean> {
  const { quick, rounds } = options;
  await buildOurs();
  const built = hashOfModule();
  const python = quick ? noPython("Python packages are left out of a quick run.") : preparePython();
  const launcher = prepareLauncher(python.path);
  const { measured, missing } = cutCorpora();
  const contestants = contestantsOf(quick, python);
  show(methodOf(options, launcher, python, measured, missing));

  const cut = measured.map(cutCorpus);
  const warmUp = cutWarmUp();
  const order = { rounds, contestants, corpora: cut, warmUp, requests: cutCorpus(requests) };
  const found = await runRounds(launcher, order, encodings);
  const samples = new Samples(found.samples);
  showSpeed(show, samples, found, contestants, measured);

  const [prose = warmUp] = cut;
  const variants = quick ? variantsQuick : variantsFull;
  const worst = await measureWorst(
    launcher,
    { rounds, prose, warmUp, variants },
    contestants,
    quick,
  );
  showWorst(show, worst, contestants);

  const memo = measureMemo(launcher, modulePath, rounds);
  show({ title: "Conversations sent again", body: memo.table });
  const vm = await measureVm(modulePath, quick ? startsQuick : startsFull, cut);
  const processes = tables.footprintTable(found.footprints, contestants);
  show({ title: "Memory and start", body: `${vm.table}\n\n${processes}` });

  const goals = [
    ...speedGoals(samples, measured),
    ...worstGoals(worst.ours),
    ...memoGoals(memo),
    ...vmGoals(vm),
  ];
  show({ title: "Goals", body: goalsTable(goals) });
  show({ title: "Chart", body: keepChart(options, samples, contestants, measured, worst) });
  const wrong = mistakesOf(found, worst);
  show({ title: "Soundness", body: soundness(wrong, found, worst, hashOfModule() === built) });
  return wrong.length === 0;
}

/** Those that can be had; a sentence for each that cannot. */
function cutCorpora(): { measured: Corpus[]; missing: string[] } {
  const missing: string[] = [];
  const measured = corpora.filter((corpus) => {
    try {
      cutCorpus(corpus);
      return true;
    } catch (error) {
      if (!corpus.fetched) throw error;
      missing.push(`The corpus ${corpus.name} could not be fetched: ${(error as Error).message}`);
      return false;
    }
  });
  return { measured, missing };
}

function showSpeed(
  show: Show,
  samples: Samples,
  found: RoundsFound,
  contestants: Contestant[],
  measured: Corpus[],
): void {
  const texts = measured.map(({ name }) => name);
  const whole = contestants.filter(({ name }) => !isStream(name));
  for (const encoding of encodings) {
    const body = tables.speedTable(samples, found, whole, encoding, texts);
    show({ title: `${encoding}: fresh/warm`, body });
  }
  const others = whole.filter(({ name }) => name !== ours);
  const ratios = tables.ratioTable(samples, others, texts);
  show({ title: "Ratios", body: `${ratios}\n\n${tables.corpusRatioTable(samples, texts)}` });
  const lines = tables.requestsTable(samples, whole, requests.name);
  show({ title: "Chat requests, a call each", body: lines });
  const streams = tables.streamTable(samples, [ourChunks, ourDeltas], texts);
  show({ title: "Streams", body: streams });
}

async function measureWorst(
  launcher: Launcher,
  order: WorstOrder,
  contestants: Contestant[],
  quick: boolean,
): Promise<WorstFound> {
  const references = new References();
  const names = quick ? encodings.slice(0, 1) : encodings;
  const own = await measureOurWorst(launcher, order, names, references);
  if (quick) return own;
  const others = contestants.filter(({ group }) => group !== "ours");
  const peers = await measurePeersWorst(launcher, order, others, encodings[0], references);
  references.keep();
  const there = others.filter(({ group }) => group === "python").map(({ name }) => name);
  const differences = [...own.differences, ...peers.differences];
  for (const encoding of there.length > 0 ? encodings : []) {
    differences.push(...(await compareLarge(launcher, order, encoding, there)));
  }
  return { ours: own.ours, peers: peers.peers, differences };
}

function showWorst(show: Show, worst: WorstFound, contestants: Contestant[]): void {
  show({ title: "Worst cases", body: tables.worstTable(worst.ours) });
  for (const group of ["npm", "python"] as const) {
    const chosen = contestants.filter((each) => each.group === group);
    const names = new Set(chosen.map(({ name }) => name));
    const peers = worst.peers.filter(({ contestant }) => names.has(contestant));
    if (peers.length === 0) continue;
    const title = group === "npm" ? "Worst cases, npm packages" : "Worst cases, Python packages";
    show({ title, body: tables.peersWorstTable(peers, chosen) });
  }
}

/** Whose counts were wrong, where they are ours. */
function mistakesOf(found: RoundsFound, worst: WorstFound): string[] {
  const spoken = [...found.differences].filter(([label]) => label.startsWith("tokenstile"));
  const own = worst.differences.filter((each) => each.startsWith(ours));
  return [...spoken.map(([label, where]) => `${label}: ${where.join(", ")}`), ...own];
}

function soundness(
  wrong: string[],
  found: RoundsFound,
  worst: WorstFound,
  sameModule: boolean,
): string {
  const lines = [
    wrong.length === 0
      ? "every count of ours equals the reference's"
      : `**WRONG**: ${wrong.join("; ")}`,
    ...worst.differences.filter((each) => !wrong.includes(each)),
    ...found.broken,
    ...(sameModule ? [] : ["**the module was built anew during the run: the figures are of two**"]),
  ];
  return lines.map((line) => `- ${line}`).join("\n");
}

function isStream(name: string): boolean {
  return name === ourChunks || name === ourDeltas;
}

function hashOfModule(): string {
  return createHash("sha256").update(readFileSync(modulePath)).digest("hex");
}
