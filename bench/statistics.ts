/** Medians and how sure they are. */
import { Random } from "./haystack/random.ts";

const resamples = 2_000;
const seed = 12;

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear between the two neighbours; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export interface Interval {
  low: number;
  high: number;
}

/** 95 % percentile bootstrap of the median, with a fixed seed. */
export function medianInterval(values: readonly number[]): Interval {
  const random = new Random(seed);
  const medians = Array.from({ length: resamples }, () =>
    median(Array.from(values, () => random.pick(values))),
  );
  return { low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

export function range(values: readonly number[]): Interval {
  return { low: Math.min(...values), high: Math.max(...values) };
}
