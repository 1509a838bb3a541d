/** The bench in one real Envoy: what the module adds, beside Envoy's own filters for the job. */
import { findEnvoy } from "../../envoy/find.ts";
import { buildModule } from "../../tools/build.ts";
import type { BenchOptions } from "../options.ts";
import type { Section } from "../report.ts";
import { figure, markdownTable } from "../table.ts";
import { type Load, loads } from "./cells.ts";
import { checkAnswers, checkLine } from "./check.ts";
import { type Passes, runPasses } from "./passes.ts";
import { canMeasure, residentMib } from "./process_cost.ts";
import { cpuTable, latencyTable, plainSpreadPercent } from "./tables.ts";
import { type Variant, variantsOf } from "./variants.ts";
import { World } from "./world.ts";

const quickShare = 8;

/** Loads as they are run before the first pass, so that the engine has compiled what is hot. */
const warmUpPasses = 1;

/** A run whose plain requests vary more than this is not worth keeping. */
const spreadPercentMost = 20;

/** Shows the tables; false when a request went wrong. */
export async function benchInEnvoy(
  options: BenchOptions,
  show: (section: Section) => void,
): Promise<boolean> {
  if (!canMeasure()) throw new Error("CPU is read from /proc, which this system does not have");
  const { path, version } = await findEnvoy();
  const variants = variantsOf(await buildModule());
  const measured = options.quick ? loads.map(lighter) : loads;
  const world = await World.start(path, variants);
  try {
    const checked = await checkAnswers(world, variants, measured);
    const warm = await runPasses(world, variants, measured, warmUpPasses);
    const passes = await runPasses(world, variants, measured, options.passes);
    await checkLog(world, variants, checked, [warm, passes]);
    const { samples } = passes;
    const setting = { title: "Setting", body: settingOf(version, options, measured) };
    show(setting);
    show({ title: "CPU", body: cpuTable(samples, variants, measured) });
    show({ title: "Latency", body: latencyTable(samples, variants, measured) });
    show({ title: "Soundness", body: soundness(passes, measured, world) });
    const errors = warm.errors + passes.errors;
    await world.stop();
    show({ title: "Memory", body: await memoryTable(path, variants, measured) });
    return errors === 0;
  } finally {
    await world.stop();
  }
}

function lighter(load: Load): Load {
  const share = (requests: number): number => Math.ceil(requests / quickShare);
  const requests = Math.max(share(load.requests), load.connections);
  return { ...load, requests, lonelyRequests: share(load.lonelyRequests) };
}

function settingOf(version: string, options: BenchOptions, measured: Load[]): string {
  const each = measured.map(({ name, requests, connections, lonelyRequests }) => {
    const lonely = lonelyRequests > 0 ? ` and ${lonelyRequests} by one client for the latency` : "";
    return `${name} ${requests} by ${connections} clients${lonely}`;
  });
  return [
    `- Envoy ${version}, one worker, one process for all variants`,
    `- ${options.passes} passes after one that is not counted`,
    `- requests a pass and variant: ${each.join(", ")}`,
  ].join("\n");
}

/** Every request of the timed passes was logged, and as it should be. */
async function checkLog(
  world: World,
  variants: Variant[],
  checked: number,
  runs: Passes[],
): Promise<void> {
  for (const variant of variants) {
    const made = runs.reduce((sum, run) => sum + (run.requests.get(variant.name) ?? 0), checked);
    const lines = await world.logLines(variant, made);
    if (lines.length !== made) throw new Error(`${variant.name}: ${lines.length} lines of ${made}`);
    for (const line of lines.slice(checked)) checkLine(variant, line);
  }
}

function soundness(passes: Passes, measured: Load[], world: World): string {
  const spread = plainSpreadPercent(passes.samples, measured);
  const noisy = spread > spreadPercentMost ? " **Too noisy to compare.**" : "";
  const reason = passes.firstError === null ? "" : ` (${passes.firstError})`;
  const residentNow = figure(residentMib(world.envoy.pid));
  return [
    `- requests that went wrong: ${passes.errors}${reason}`,
    `- plain 1 KB varied by ${figure(spread)} % between passes.${noisy}`,
    `- resident memory of the process with all variants: ${residentNow} MiB`,
  ].join("\n");
}

/** Each variant in an Envoy of its own, after some of every load. */
async function memoryTable(path: string, variants: Variant[], measured: Load[]): Promise<string> {
  const rows: string[][] = [];
  for (const variant of variants) {
    const world = await World.start(path, [variant]);
    try {
      const before = residentMib(world.envoy.pid);
      await runPasses(world, [variant], measured.map(lighter), 1);
      rows.push([variant.name, figure(before), figure(residentMib(world.envoy.pid))]);
    } finally {
      await world.stop();
    }
  }
  return markdownTable(["resident memory, MiB", "at start", "after work"], rows);
}
