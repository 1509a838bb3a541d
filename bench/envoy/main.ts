import type { BenchOptions } from "../options.ts";
import type { Section } from "../report.ts";
export async function benchInEnvoy(
  _o: BenchOptions,
  _s: (section: Section) => void,
): Promise<boolean> {
  return true;
}
