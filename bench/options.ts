/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";

export interface BenchOptions {
  what: "node" | "envoy";
  /** A look in seconds: it shows that everything works, and nothing else. */
  quick: boolean;
  /** Keep the tables as a dated file under `bench/record`. */
  record: boolean;
  /** How often each variant is measured in Envoy. */
  passes: number;
}

const passesDefault = 15;
const passesQuick = 2;
const passesMost = 200;

/** Throws a sentence for a command line that it does not understand. */
export function readBenchOptions(args: string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      passes: { type: "string" },
    },
  });
  const [what = "node", extra] = positionals;
  if (extra !== undefined || (what !== "node" && what !== "envoy")) {
    throw new Error(`"${extra ?? what}" is no bench: there are "node" and "envoy"`);
  }
  const passes = Number(values.passes ?? (values.quick ? passesQuick : passesDefault));
  if (!Number.isInteger(passes) || passes < 1 || passes > passesMost) {
    throw new Error(`--passes needs a whole number from 1 to ${passesMost}`);
  }
  return { what, quick: values.quick, record: values.record, passes };
}
