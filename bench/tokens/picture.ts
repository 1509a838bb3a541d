/** Which figures the chart shows, and where it is kept. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { buildDir, rootDir } from "../../tools/build.ts";
import type { BenchOptions } from "../options.ts";
import { machine, recordPath } from "../report.ts";
import { type BarGroups, type BarRows, drawChart } from "./chart.ts";
import {
  type Contestant,
  encodings,
  fastestNative,
  ourLibrary,
  ours,
  reference,
} from "./contestants.ts";
import type { Corpus } from "./corpora/corpora.ts";
import { worstFamilies } from "./corpora/worst.ts";
import { betterPeer } from "./goals.ts";
import type { Samples } from "./samples.ts";
import type { WorstFound } from "./worst.ts";

const [encoding] = encodings;

const others = `Numbers: ${reference}, 16 KiB of each: in one long run, the more the slower.`;

/** Draws the run; answers Markdown that shows or names the file. */
export function keepChart(
  { record }: BenchOptions,
  samples: Samples,
  contestants: Contestant[],
  measured: Corpus[],
  worst: WorstFound,
): string {
  const texts = measured.map(({ name }) => name);
  const date = new Date().toISOString().slice(0, 10);
  const subtitle = `${date}, ${machine()}, one thread on one core; taller is faster`;
  const svg = drawChart(
    subtitle,
    barsOf(samples, contestants, texts),
    rowsOf(samples, worst, texts),
  );
  const path = record ? recordPath("tokens", "svg") : join("build", "bench", "tokens.svg");
  const full = record ? join(rootDir, path) : join(buildDir, "bench", "tokens.svg");
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, svg);
  if (!record) return `drawn to \`${path.replaceAll("\\", "/")}\``;
  return `![Speed on new text, and on the worst cases](${relative(join("bench", "record"), path)})`;
}

/** Ours, the fastest native packages, Python's and npm's best known, and the reference. */
function barsOf(samples: Samples, contestants: Contestant[], texts: string[]): BarGroups {
  const better = betterPeer(samples, encoding, texts, "fresh");
  const wanted = [ours, fastestNative, "gigatoken", "PyPI tiktoken", better, reference];
  const names = wanted.filter((name) => contestants.some((each) => each.name === name));
  const series = [...names, ...(names.length < 3 ? [ourLibrary] : [])].map((name) => ({
    name: name ?? "",
    isOurs: name === ours,
    values: [
      ...texts.map((text) => samples.speed(name ?? "", encoding, text, "fresh")),
      samples.meanSpeed(name ?? "", encoding, texts, "fresh"),
    ],
  }));
  const title = `Counting new text, ${encoding}, MB/s`;
  return { title, groups: [...texts, "geo-mean"], series };
}

function rowsOf(samples: Samples, worst: WorstFound, texts: string[]): BarRows {
  const rows = worstFamilies.map(({ name }) => {
    const own = worst.ours.find((each) => each.family === name && each.encoding === encoding);
    const other = worst.peers.find((each) => each.family === name && each.contestant === reference);
    const speed = other === undefined ? NaN : other.bytes / 1000 / other.ms;
    return { name, ours: own?.speed ?? NaN, other: speed };
  });
  const prose = samples.speed(ours, encoding, texts[0] ?? "", "fresh");
  return {
    title: `The worst texts, ${encoding}, MB/s`,
    note: `Bars: ${ours}, 1 MiB of each. ${others}`,
    otherLabel: reference,
    rows,
    bound: { value: prose / 6, label: "a sixth of prose" },
  };
}
