/** What the engine is to reach, and whether it did in this run. */
import { median, range } from "../statistics.ts";
import { figure, markdownTable } from "../table.ts";
import {
  encodings,
  fastestNative,
  npmPeers,
  ourChunks,
  ourLibrary,
  ours,
  reference,
} from "./contestants.ts";
import type { Corpus } from "./corpora/corpora.ts";
import type { MemoFigures } from "./memo.ts";
import type { Pass, Samples } from "./samples.ts";
import type { VmFigures } from "./vm.ts";
import type { WorstOfOurs } from "./worst.ts";

/** One goal and what was found; `found` is NaN where this run did not measure it. */
export interface Goal {
  what: string;
  /** The bound that counts as reached: at least, or at most. */
  least?: number;
  most?: number;
  found: number;
  unit: string;
  /** Least and most of the rounds. */
  spread?: string;
}

export function isReached({ least, most, found }: Goal): boolean {
  return found >= (least ?? -Infinity) && found <= (most ?? Infinity);
}

/** The table; what was not measured says so. */
export function goalsTable(goals: Goal[]): string {
  const rows = goals.map((goal) => {
    const bound = goal.least === undefined ? `<= ${goal.most}` : `>= ${goal.least}`;
    const stands = Number.isNaN(goal.found)
      ? "not measured"
      : isReached(goal)
        ? "reached"
        : "NOT REACHED";
    return [goal.what, `${bound} ${goal.unit}`, figure(goal.found), goal.spread ?? "", stands];
  });
  return markdownTable(["goal", "bound", "found", "least..most", "stands"], rows);
}

/** The npm peer that is fastest on the whole in this encoding; null where none was measured. */
export function betterPeer(samples: Samples, encoding: string, texts: string[], pass: Pass) {
  const speeds = npmPeers
    .map((name) => ({ name, speed: samples.meanSpeed(name, encoding, texts, pass) }))
    .filter(({ speed }) => !Number.isNaN(speed));
  return speeds.sort((one, other) => other.speed - one.speed)[0]?.name ?? null;
}

/** Goals of speed; `corpora` are those that were measured. */
export function speedGoals(samples: Samples, corpora: Corpus[]): Goal[] {
  const [main, other] = encodings;
  const texts = corpora.map(({ name }) => name);
  const times = (
    what: string,
    least: number,
    pair: [one: string, other: string | null],
    pass: Pass = "fresh",
    encoding: string = main,
  ): Goal => {
    const [one, another] = pair;
    const ratios = another === null ? [] : samples.ratios(one, another, encoding, texts, pass);
    return { what: `${encoding}, ${pass}: ${what}`, least, ...timesOf(ratios) };
  };
  const better = betterPeer(samples, main, texts, "fresh");
  const betterWarm = betterPeer(samples, main, texts, "warm");
  return [
    times("bytes, against npm tiktoken", 25, [ours, reference]),
    times("strings, against npm tiktoken", 25, [ourLibrary, reference]),
    times(`bytes, against ${better ?? "the better npm peer"}`, 20, [ours, better]),
    times(`strings, against ${better ?? "the better npm peer"}`, 20, [ourLibrary, better]),
    times("bytes, against fastokens (aim 1.0)", 0.9, [ours, fastestNative]),
    leastOf(samples, fastestNative, 1, corpora, false),
    leastOf(samples, fastestNative, 0.6, corpora, true),
    leastOf(samples, reference, 9, corpora, null),
    times("bytes, against npm tiktoken", 22, [ours, reference], "fresh", other),
    leastOf(samples, reference, 9, corpora, null, other),
    times(`bytes, against ${betterWarm ?? "the better npm peer"}`, 6, [ours, betterWarm], "warm"),
    times("4-byte chunks, against one shot", 0.4, [ourChunks, ours]),
  ];
}

/** The corpus on which we compare worst: of one kind of letters, or of both. */
function leastOf(
  samples: Samples,
  other: string,
  least: number,
  corpora: Corpus[],
  ascii: boolean | null,
  encoding: string = encodings[0],
): Goal {
  const chosen = corpora.filter((corpus) => ascii === null || corpus.ascii === ascii);
  const each = chosen
    .map(({ name }) => ({ name, ratios: samples.ratios(ours, other, encoding, [name], "fresh") }))
    .filter(({ ratios }) => ratios.length > 0)
    .sort((one, another) => median(one.ratios) - median(another.ratios));
  const kind = ascii === null ? "any" : ascii ? "any ASCII" : "any other";
  const worst = each[0] === undefined ? "" : ` (${each[0].name})`;
  const what = `${encoding}, fresh: ${kind} corpus${worst}, against ${other}`;
  return { what, least, ...timesOf(each[0]?.ratios ?? []) };
}

function timesOf(ratios: number[]): Pick<Goal, "found" | "unit" | "spread"> {
  const { low, high } = range(ratios);
  const spread = ratios.length > 1 ? `${figure(low)}..${figure(high)}` : "";
  return { found: median(ratios), unit: "times", spread };
}

/** Goals of the worst cases, over all families and encodings. */
export function worstGoals(found: WorstOfOurs[]): Goal[] {
  const slowest = [...found].sort((one, other) => one.relative - other.relative)[0];
  const steepest = [...found].sort((one, other) => other.doubling - one.doubling)[0];
  const named = (worst?: WorstOfOurs): string =>
    worst === undefined ? "" : ` (${worst.family}, ${worst.encoding})`;
  return [
    {
      what: `worst case of 1 MiB, speed in parts of prose${named(slowest)}`,
      ...{ least: 0.167, found: slowest?.relative ?? NaN, unit: "of prose" },
    },
    {
      what: `twice the worst case takes${named(steepest)}`,
      ...{ most: 2.2, found: steepest?.doubling ?? NaN, unit: "times" },
    },
  ];
}

export function memoGoals(memo: MemoFigures): Goal[] {
  const repeated = "300 KB conversation sent again, its last message new";
  return [
    { what: repeated, most: 0.25, found: memo.repeatedMs, unit: "ms" },
    {
      what: "what the memo adds where it knows nothing",
      ...{ most: 10, found: memo.missCost * 100, unit: "%" },
    },
  ];
}

export function vmGoals(vm: VmFigures): Goal[] {
  const mb = (bytes: number): number => bytes / 1e6;
  const [main] = encodings;
  const found = { one: mb(vm.oneEncodingBytes), all: mb(vm.allEncodingsBytes) };
  return [
    { what: `tables and caches, ${main}`, most: 2.5, found: found.one, unit: "MB" },
    {
      what: `tables and caches, ${encodings.join(" and ")}`,
      most: 4,
      found: found.all,
      unit: "MB",
    },
    { what: "start, more than without tables", most: 10, found: vm.tablesStartMs, unit: "ms" },
    { what: "a stream of any corpus keeps", most: 1024, found: vm.streamBytes, unit: "bytes" },
  ];
}
