/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";

const benches = ["node", "envoy", "tokens"] as const;
export type BenchName = (typeof benches)[number];

export interface BenchOptions {
  what: BenchName;
  /** A look in seconds: it shows that everything works, and nothing else. */
  quick: boolean;
  /** Keep the tables as a dated file under `bench/record`. */
  record: boolean;
  /** How often each variant is measured in Envoy. */
  passes: number;
  /** How often each package counts all corpora. */
  rounds: number;
}

const passesDefault = 15;
const passesQuick = 2;
const passesMost = 200;
const roundsDefault = 5;
const roundsQuick = 1;
const roundsMost = 50;

/** Throws a sentence for a command line that it does not understand. */
export function readBenchOptions(args: string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      passes: { type: "string" },
      rounds: { type: "string" },
    },
  });
  const { quick, record } = values;
  const [name = "node", extra] = positionals;
  const what = benches.find((bench) => bench === name);
  if (extra !== undefined || what === undefined) {
    const known = benches.map((bench) => `"${bench}"`).join(", ");
    throw new Error(`"${extra ?? name}" is no bench: there are ${known}`);
  }
  const passes = readCount(
    "passes",
    values.passes,
    quick ? passesQuick : passesDefault,
    passesMost,
  );
  const rounds = readCount(
    "rounds",
    values.rounds,
    quick ? roundsQuick : roundsDefault,
    roundsMost,
  );
  return { what, quick, record, passes, rounds };
}

function readCount(option: string, given: string | undefined, usual: number, most: number): number {
  const count = Number(given ?? usual);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new Error(`--${option} needs a whole number from 1 to ${most}`);
}
