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
        await measure(world, variant, load, pass, found);
      }
    }
  }
  return found;
}

async function measure(
  world: World,
  variant: Variant,
  load: Load,
  pass: number,
  found: Passes,
): Promise<void> {
  const idPrefix = `${load.name}-${pass}`;
  const beforeNs = runNs(world.envoy.pid);
  const busy = await world.run(variant, { load, idPrefix, keep: false });
  await sleep(settleMs);
  const cpuMs = (runNs(world.envoy.pid) - beforeNs) / 1e6 / load.requests;
  const alone = { ...load, connections: 1, requests: load.lonelyRequests };
  const order = { load: alone, idPrefix: `${idPrefix}-alone`, keep: false };
  const lonely = load.lonelyRequests > 0 ? await world.run(variant, order) : busy;
  const { wholeMs, firstByteMs } = lonely;
  const sample = { variant: variant.name, load: load.name, pass, cpuMs, wholeMs, firstByteMs };
  found.samples.push(sample);
  found.errors += busy.errors + (lonely === busy ? 0 : lonely.errors);
  found.firstError ??= busy.firstError ?? lonely.firstError;
  const made = (found.requests.get(variant.name) ?? 0) + load.requests + load.lonelyRequests;
  found.requests.set(variant.name, made);
}
