/// <reference lib="esnext.disposable" preserve="true" />
/**
 * `tokenstile/count`: exact token counts in a Node program, by the very module that a gateway runs.
 *
 *     const counter = await loadCounter("o200k_base");
 *     counter.count("A turnstile lets one through at a time.");
 */
import { Counter } from "./counter.ts";
import { CountModule } from "./module.ts";

export type { Counter } from "./counter.ts";
export type { CounterStream } from "./stream.ts";
export type { Text } from "./text.ts";

const nameLengthShown = 80;

/**
 * A counter for the encoding of that name, such as "o200k_base". The first call loads the module,
 * some milliseconds; all counters of a thread share it. Rejects with an Error that lists the
 * encodings there are when it is none of them.
 */
export async function loadCounter(encoding: string): Promise<Counter> {
  if (typeof encoding !== "string") {
    throw new TypeError(`loadCounter takes the name of an encoding, not ${typeof encoding}.`);
  }
  const module = await CountModule.shared();
  const number = module.encodingNamed(encoding);
  if (number >= 0) return new Counter(module, encoding, number);
  const carried = module.encodings().join(", ");
  const shown = encoding.slice(0, nameLengthShown);
  throw new RangeError(`There is no encoding "${shown}" here, but ${carried}.`);
}

/** The names of the encodings that this build carries. */
export async function carriedEncodings(): Promise<string[]> {
  return (await CountModule.shared()).encodings();
}
