/** Runs every load through every variant, pass after pass. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Load } from "./cells.ts";
import { runNs } from "./process_cost.ts";
import type { Variant } from "./variants.ts";
import type { World } from "./world.ts";

/** One variant under one load in one pass. */
export interface Sample {
  variant: string;
  load: string;
  pass: number;
  /** CPU of the Envoy process for one request. */
  cpuMs: number;
  wholeMs: number;
  firstByteMs: number;
}

export interface Passes {
  samples: Sample[];
  errors: number;
  firstError: string | null;
  /** Requests made of each variant, by its name. */
  requests: Map<string, number>;
}

/** After an answer Envoy still logs and tidies up; that belongs to the request. */
const settleMs = 12;

/**
 * The variants follow each other under one load before the next load begins, in the other order on
 * every other pass: what a variant is compared with was measured within the second.
 */
export async function runPasses(
  world: World,
  variants: Variant[],
  loads: Load[],
  passes: number,
): Promise<Passes> {
  const found: Passes = { samples: [], errors: 0, firstError: null, requests: new Map() };
  for (let pass = 0; pass < passes; pass++) {
    const order = pass % 2 ? [...variants].reverse() : variants;
    for (const load of loads) {
      for (const variant of order) {
        const before = runNs(world.envoy.pid);
        const idPrefix = `${load.name}-${pass}`;
        const result = await world.run(variant, { load, idPrefix, keep: false });
        await sleep(settleMs);
        const cpuMs = (runNs(world.envoy.pid) - before) / 1e6 / load.requests;
        const { wholeMs, firstByteMs } = result;
        found.samples.push({
          ...{ variant: variant.name, load: load.name, pass, cpuMs, wholeMs, firstByteMs },
        });
        found.errors += result.errors;
        found.firstError ??= result.firstError;
        const made = found.requests.get(variant.name) ?? 0;
        found.requests.set(variant.name, made + load.requests);
      }
    }
  }
  return found;
}
