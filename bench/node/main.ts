/** The bench of the module by itself, in this process. */
import { readFileSync } from "node:fs";
import { buildModule } from "../../tools/build.ts";
import type { BenchOptions } from "../options.ts";
import type { Section } from "../report.ts";
import { measureChunks } from "./chunks.ts";
import { measureMemory } from "./memory.ts";
import { measureRequests } from "./requests.ts";
import type { RoundsOptions } from "./rounds.ts";
import { measureScans } from "./scan.ts";
import { measureStart } from "./start.ts";

const fullRounds: RoundsOptions = { rounds: 9, cellMs: 50, warmUpMs: 150 };
const quickRounds: RoundsOptions = { rounds: 2, cellMs: 5, warmUpMs: 5 };
const streamsFull = 100_000;
const streamsQuick = 3_000;
const startsFull = 5;

/** Hands each section on as soon as it is measured; false when a promise was broken. */
export async function benchInNode(
  options: BenchOptions,
  show: (section: Section) => void,
): Promise<boolean> {
  const rounds = options.quick ? quickRounds : fullRounds;
  const path = await buildModule();
  const module = new WebAssembly.Module(readFileSync(path));
  show({ title: "Start", body: measureStart(path, options.quick ? 1 : startsFull) });
  show({ title: "Requests", body: measureRequests(module, rounds) });
  show({ title: "Chunks", body: measureChunks(module, rounds) });
  show({ title: "Readers", body: await measureScans(rounds) });
  const memory = measureMemory(module, options.quick ? streamsQuick : streamsFull);
  const verdict = memory.grew ? "**It grew.**" : "It did not grow.";
  show({ title: "Memory", body: `${memory.table}\n\n${verdict}` });
  return !memory.grew;
}
