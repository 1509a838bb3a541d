import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Mistake } from "./config_module.ts";
import { smallPolicy, withModel } from "./config_samples.ts";

/** One policy of `host-tests/cases/config`, shared by the tests of the module and of the schema. */
export interface PolicyCase {
  title: string;
  policy: unknown;
  /** All that the module says to it with `body: hold`, in order; none for a good one. */
  mistakes: Mistake[];
  /** True where a JSON Schema has no words for the rule, so that an editor cannot show it. */
  schemaBlind: boolean;
}

interface WrittenCase {
  title: string;
  policy?: unknown;
  with?: object;
  model?: object;
  mistakes?: Record<string, string | string[]>;
  schemaBlind?: true;
}

const folder = new URL("../cases/config/", import.meta.url);

/** The cases of every file whose name begins with `prefix`. */
export function policyCases(prefix: "good" | "bad"): PolicyCase[] {
  const files = readdirSync(fileURLToPath(folder)).filter((name) => name.startsWith(prefix));
  const written = files
    .sort()
    .flatMap((name) => parse(readFileSync(new URL(name, folder), "utf8")) as WrittenCase[]);
  return written.map(asCase);
}

function asCase(written: WrittenCase): PolicyCase {
  const mistakes = Object.entries(written.mistakes ?? {}).flatMap(([path, reasons]) =>
    [reasons].flat().map((reason): Mistake => [path, reason]),
  );
  const { title, schemaBlind = false } = written;
  return { title, policy: policyOf(written), mistakes, schemaBlind };
}

function policyOf(written: WrittenCase): unknown {
  if ("policy" in written) return written.policy;
  return written.model ? withModel(written.model, written.with) : smallPolicy(written.with);
}
