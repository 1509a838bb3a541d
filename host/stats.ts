import { Status } from "./abi.ts";

export type MetricKind = "counter" | "gauge" | "histogram";

interface Metric {
  kind: MetricKind;
  value: bigint;
  samples: number;
}

/** The kinds by their number in `proxy_define_metric`. */
export const metricKinds: MetricKind[] = ["counter", "gauge", "histogram"];

/** Counters, gauges and histograms by name, shared by every VM of a process. */
export class Stats {
  #metrics = new Map<string, Metric>();

  /** The metric of that name; the first definition sets its kind. */
  define(name: string, kind: MetricKind): Metric {
    const key = `${kind}\0${name}`;
    const known = this.#metrics.get(key);
    if (known) return known;
    const metric = { kind, value: 0n, samples: 0 };
    this.#metrics.set(key, metric);
    return metric;
  }

  /** Sets every value back to zero; definitions stay. */
  reset(): void {
    for (const metric of this.#metrics.values()) {
      metric.value = 0n;
      metric.samples = 0;
    }
  }

  /** Values by name; a histogram shows as NAME.sum and NAME.count. */
  values(): Record<string, number> {
    const values: Record<string, number> = {};
    for (const [key, metric] of this.#metrics) {
      const name = key.slice(key.indexOf("\0") + 1);
      if (metric.kind === "histogram") {
        values[`${name}.sum`] = Number(metric.value);
        values[`${name}.count`] = metric.samples;
      } else {
        values[name] = Number(metric.value);
      }
    }
    return values;
  }
}

/** One VM's metric ids: 4, 8, .. for counters, 5, 9, .. for gauges, 6, 10, .. for histograms. */
export class MetricIds {
  #metrics = new Map<number, Metric>();
  #next = [4, 5, 6];

  constructor(readonly stats: Stats) {}

  /** A new id at every call, also for a known name. Null: no such kind. */
  define(kind: number, name: string): number | null {
    const id = this.#next[kind];
    const kindName = metricKinds[kind];
    if (id === undefined || kindName === undefined) return null;
    this.#next[kind] = id + 4;
    this.#metrics.set(id, this.stats.define(name, kindName));
    return id;
  }

  increment(id: number, delta: bigint): Status {
    const metric = this.#metrics.get(id);
    if (!metric) return Status.NotFound;
    if (metric.kind === "histogram") return Status.BadArgument;
    if (metric.kind === "counter" && delta <= 0n) return Status.BadArgument;
    metric.value += delta;
    return Status.Ok;
  }

  record(id: number, value: bigint): Status {
    const metric = this.#metrics.get(id);
    if (!metric) return Status.NotFound;
    metric.value = metric.kind === "gauge" ? value : metric.value + value;
    metric.samples += 1;
    return Status.Ok;
  }

  /** The value, or why there is none. */
  read(id: number): bigint | Status {
    const metric = this.#metrics.get(id);
    if (!metric) return Status.NotFound;
    return metric.kind === "histogram" ? Status.BadArgument : metric.value;
  }
}
