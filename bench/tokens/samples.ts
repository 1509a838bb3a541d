/** What the rounds found, and the figures that are made of it. */
import { median } from "../statistics.ts";

export interface Sample {
  round: number;
  contestant: string;
  encoding: string;
  /** The corpus, or another text. */
  text: string;
  bytes: number;
  /** The first pass, and the median of those after it. */
  freshMs: number;
  warmMs: number;
}

/** New text on a running server, or text that caches have seen. */
export type Pass = "fresh" | "warm";

/** Millions of bytes in a second. */
export function speedOf(sample: Sample, pass: Pass): number {
  return sample.bytes / 1000 / (pass === "fresh" ? sample.freshMs : sample.warmMs);
}

/** The mean of ratios: what doubles one and halves another leaves it as it was. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export class Samples {
  readonly #samples: Sample[];

  constructor(samples: Sample[]) {
    this.#samples = samples;
  }

  /** Median of the rounds in MB/s; NaN where it was not measured. */
  speed(contestant: string, encoding: string, text: string, pass: Pass): number {
    const found = this.#of(contestant, encoding).filter((sample) => sample.text === text);
    return median(found.map((sample) => speedOf(sample, pass)));
  }

  /** Geometric mean over the texts of their medians. */
  meanSpeed(contestant: string, encoding: string, texts: string[], pass: Pass): number {
    return geometricMean(texts.map((text) => this.speed(contestant, encoding, text, pass)));
  }

  /**
   * How many times as fast one is as another, a number a round: the geometric mean over the texts
   * of what both did in that round. Rounds that lack one of them are left out.
   */
  ratios(one: string, other: string, encoding: string, texts: string[], pass: Pass): number[] {
    return this.#rounds().flatMap((round) => {
      const each = texts.map((text) => {
        const speeds = [one, other].map((contestant) => {
          const found = this.#of(contestant, encoding).find(
            (sample) => sample.round === round && sample.text === text,
          );
          return found === undefined ? NaN : speedOf(found, pass);
        });
        return (speeds[0] ?? NaN) / (speeds[1] ?? NaN);
      });
      const mean = geometricMean(each);
      return Number.isNaN(mean) ? [] : [mean];
    });
  }

  #of(contestant: string, encoding: string): Sample[] {
    return this.#samples.filter(
      (sample) => sample.contestant === contestant && sample.encoding === encoding,
    );
  }

  #rounds(): number[] {
    return [...new Set(this.#samples.map(({ round }) => round))];
  }
}
