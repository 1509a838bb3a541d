/** From samples to the tables that are read. */
import { type Interval, median, medianInterval } from "../statistics.ts";
import { figure, markdownTable } from "../table.ts";
import type { Load } from "./cells.ts";
import type { Sample } from "./passes.ts";
import type { Variant } from "./variants.ts";

type Figure = "cpuMs" | "wholeMs" | "firstByteMs";

/** The variant that the goals are for. */
const judged = "tokenstile, count: off";

/** Values of one variant under one load, by pass. */
function series(samples: Sample[], load: Load, variant: string, key: Figure): number[] {
  const own = samples.filter((sample) => sample.load === load.name && sample.variant === variant);
  return own.sort((a, b) => a.pass - b.pass).map((sample) => sample[key]);
}

/** What a variant adds over plain of the same pass, one number a pass. */
function added(samples: Sample[], load: Load, variant: string, key: Figure): number[] {
  const plain = series(samples, load, "plain", key);
  return series(samples, load, variant, key).map((value, pass) => value - (plain[pass] ?? NaN));
}

function interval({ low, high }: Interval): string {
  return `${figure(low)}..${figure(high)}`;
}

/** CPU for one request: of plain itself, and what each variant adds. */
export function cpuTable(samples: Sample[], variants: Variant[], loads: Load[]): string {
  const rows = loads.flatMap((load) =>
    variants.map(({ name }) => {
      const all = series(samples, load, name, "cpuMs");
      const title = `${load.name}, ${name}`;
      if (name === "plain") return [title, figure(median(all)), "", "", "", "", ""];
      const over = added(samples, load, name, "cpuMs");
      const ms = median(over);
      const cells = [title, figure(median(all)), figure(ms), interval(medianInterval(over))];
      if (name !== judged) return [...cells, "", "", ""];
      return [...cells, figure(load.goalMs), figure(2 * load.goalMs), verdict(ms, load.goalMs)];
    }),
  );
  const head = ["CPU of Envoy, ms a request", "median", "added", "95 % interval"];
  return markdownTable([...head, "goal", "twice", "stands"], rows);
}

function verdict(addedMs: number, goalMs: number): string {
  if (addedMs <= goalMs) return "within the goal";
  return addedMs <= 2 * goalMs ? "within twice" : "ABOVE TWICE";
}

/** Latency as the client sees it: of a paced stream the first byte, else the last. */
export function latencyTable(samples: Sample[], variants: Variant[], loads: Load[]): string {
  const rows = loads.flatMap((load) => {
    const key: Figure = load.answer === "paced" ? "firstByteMs" : "wholeMs";
    const what = load.answer === "paced" ? "first byte" : "whole";
    return variants.map(({ name }) => {
      const title = `${load.name}, ${what}, ${name}`;
      const p50 = figure(median(series(samples, load, name, key)));
      if (name === "plain") return [title, p50, "", ""];
      const over = added(samples, load, name, key);
      return [title, p50, figure(median(over)), interval(medianInterval(over))];
    });
  });
  return markdownTable(["latency p50, ms", "median", "added", "95 % interval"], rows);
}

/** How far plain's own 1 KB figure wandered between passes: the run's noise, in percent. */
export function plainSpreadPercent(samples: Sample[], loads: Load[]): number {
  const [first] = loads;
  if (first === undefined) return NaN;
  const plain = series(samples, first, "plain", "cpuMs");
  return ((Math.max(...plain) - Math.min(...plain)) / median(plain)) * 100;
}
