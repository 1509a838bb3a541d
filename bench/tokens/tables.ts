/** The tables of speed, worst cases and footprints. */
import { median, range } from "../statistics.ts";
import { figure, markdownTable } from "../table.ts";
import { type Contestant, encodings, fastestNative, ours, reference } from "./contestants.ts";
import { betterPeer } from "./goals.ts";
import type { Footprint, RoundsFound } from "./rounds.ts";
import type { Pass, Samples } from "./samples.ts";
import { worstFamilies } from "./corpora/worst.ts";
import type { WorstOfOurs, WorstOfPeer } from "./worst.ts";

/** A row a contestant, the fastest first: fresh and warm speed in MB/s on each corpus. */
export function speedTable(
  samples: Samples,
  found: RoundsFound,
  contestants: Contestant[],
  encoding: string,
  texts: string[],
): string {
  const slash = (one: number, other: number): string => `${figure(one)}/${figure(other)}`;
  const both = (speed: (pass: Pass) => number): string => slash(speed("fresh"), speed("warm"));
  const mean = (name: string, pass: Pass): number => samples.meanSpeed(name, encoding, texts, pass);
  const rows = contestants
    .map(({ name }) => ({ name, fresh: mean(name, "fresh") }))
    .sort((one, other) => (other.fresh || 0) - (one.fresh || 0))
    .map(({ name }) => {
      const each = texts.map((text) => both((pass) => samples.speed(name, encoding, text, pass)));
      const times = both((pass) => mean(name, pass) / mean(reference, pass));
      return [
        name,
        ...each,
        both((pass) => mean(name, pass)),
        times,
        countsOf(found, name, encoding),
      ];
    });
  return markdownTable(
    [`${encoding}, MB/s`, ...texts, "geo-mean", `x ${reference}`, "counts"],
    rows,
  );
}

/** Equal to the reference, or where not. */
function countsOf(found: RoundsFound, name: string, encoding: string): string {
  if (name === reference) return "reference";
  const differences = found.differences.get(`${name}, ${encoding}`);
  return differences === undefined ? "equal" : `WRONG: ${differences.join(", ")}`;
}

/** Our engine against others, paired in each round: medians, least and most. */
export function ratioTable(samples: Samples, others: Contestant[], texts: string[]): string {
  const rows = encodings.flatMap((encoding) =>
    others.map(({ name }) => {
      const each = (["fresh", "warm"] as const).map((pass) =>
        spread(samples.ratios(ours, name, encoding, texts, pass)),
      );
      return [`${encoding}, ${ours} / ${name}`, ...each];
    }),
  );
  return markdownTable(["geo-mean of the corpora, paired by round", "fresh", "warm"], rows);
}

/** Fresh text, corpus by corpus, against whoever a goal names. */
export function corpusRatioTable(samples: Samples, texts: string[]): string {
  const rows = encodings.flatMap((encoding) => {
    const better = betterPeer(samples, encoding, texts, "fresh");
    const names = [reference, ...(better === null ? [] : [better]), fastestNative];
    return names.map((name) => {
      const each = texts.map((text) => samples.ratios(ours, name, encoding, [text], "fresh"));
      return [`${encoding}, ${ours} / ${name}`, ...each.map((ratios) => figure(median(ratios)))];
    });
  });
  return markdownTable(["fresh, medians of the rounds", ...texts], rows.filter(hasFigures));
}

/** Each request of a line counted by a call of its own. */
export function requestsTable(samples: Samples, contestants: Contestant[], text: string): string {
  const rows = contestants.map(({ name }) => [
    name,
    ...encodings.flatMap((encoding) =>
      (["fresh", "warm"] as const).map((pass) => figure(samples.speed(name, encoding, text, pass))),
    ),
  ]);
  const head = encodings.flatMap((encoding) => [`${encoding}, fresh`, "again"]);
  return markdownTable(["a call for each chat request, MB/s", ...head], rows);
}

/** Small chunks against one shot. */
export function streamTable(samples: Samples, names: string[], texts: string[]): string {
  const rows = encodings.flatMap((encoding) =>
    names.map((name) => {
      const speeds = texts.map((text) => figure(samples.speed(name, encoding, text, "fresh")));
      const ratios = samples.ratios(name, ours, encoding, texts, "fresh");
      return [`${encoding}, ${name}`, ...speeds, spread(ratios)];
    }),
  );
  return markdownTable(["fresh, MB/s", ...texts, "in parts of one shot"], rows);
}

/** Ours on every family, 1 MiB. */
export function worstTable(found: WorstOfOurs[]): string {
  const rows = worstFamilies.map(({ name }) => [
    name,
    ...encodings.flatMap((encoding) => {
      const worst = found.find((each) => each.family === name && each.encoding === encoding);
      const { speed = NaN, relative = NaN, doubling = NaN } = worst ?? {};
      return [figure(speed), figure(relative), figure(doubling)];
    }),
  ]);
  const head = encodings.flatMap((encoding) => [`${encoding}, MB/s`, "of prose", "x2 takes"]);
  return markdownTable(["1 MiB of", ...head], rows);
}

/** Others: a column each, one call. */
export function peersWorstTable(peers: WorstOfPeer[], contestants: Contestant[]): string {
  const bytes = peers[0]?.bytes ?? NaN;
  const rows = worstFamilies.map(({ name }) => [
    name,
    ...contestants.map((contestant) => {
      const peer = peers.find(
        (each) => each.contestant === contestant.name && each.family === name,
      );
      if (peer === undefined || peer.ms === Infinity) return peer?.gaveUp ? "FAILED" : "late";
      return `${figure(peer.ms)} (x${figure(peer.doubling)})`;
    }),
  ]);
  const size = bytes >= 1_048_576 ? "1 MiB" : `${bytes / 1024} KiB`;
  const head = `ms for ${size} (against half of it)`;
  const table = markdownTable([head, ...contestants.map(({ name }) => name)], rows);
  return `${table}\n\nA call each, a minute for all. Late: the minute was up. FAILED: it gave up.`;
}

/** Start and memory of a process with one encoding. */
export function footprintTable(footprints: Footprint[], contestants: Contestant[]): string {
  const rows = contestants.flatMap(({ name }) =>
    encodings.flatMap((encoding) => {
      const own = footprints.filter(
        (each) => each.contestant === name && each.encoding === encoding,
      );
      if (own.length === 0) return [];
      const middle = (pick: (each: Footprint) => number): string => figure(median(own.map(pick)));
      const linear = own[0]?.linearBytes ?? null;
      return [
        [
          `${name}, ${encoding}`,
          middle(({ startMs }) => startMs),
          middle(({ loadedMib }) => loadedMib),
          middle(({ endedMib }) => endedMib),
          middle(({ peakMib }) => peakMib),
          linear === null ? "" : figure(linear / 2 ** 20),
        ],
      ];
    }),
  );
  const memory = ["loaded", "after the run", "peak", "linear memory"];
  return markdownTable(["process: MiB added", "start, ms", ...memory], rows);
}

function spread(ratios: number[]): string {
  if (ratios.length === 0) return "-";
  const { low, high } = range(ratios);
  return ratios.length === 1
    ? figure(low)
    : `${figure(median(ratios))} (${figure(low)}..${figure(high)})`;
}

function hasFigures(row: string[]): boolean {
  return row.slice(1).some((cell) => cell !== "-");
}
