/// <reference lib="esnext.disposable" preserve="true" />
/**
 * `tokenstile/count`: exact token counts in a Node program, by the very module that a gateway runs.
 *
 *     const counter = await loadCounter("o200k_base");
 *     counter.count("A turnstile lets one through at a time.");
 */
import { pathToFileURL } from "node:url";
import { Counter } from "./counter.ts";
import { CountModule, usualModule } from "./module.ts";

export type { Counter } from "./counter.ts";
export type { CounterStream } from "./stream.ts";
export type { Text } from "./text.ts";

/** Where a counter comes from. */
export interface LoadOptions {
  /**
   * The file of a module that was built with other encodings (`npm run build -- --help`), as a path
   * or a file URL; the one in the package unless told.
   */
  wasm?: string | URL;
}

const nameLengthShown = 80;

/**
 * A counter for the encoding of that name, such as "o200k_base". The first call loads the module,
 * some milliseconds; all counters of a thread share it. Rejects with a RangeError that lists the
 * encodings there are when it is none of them, and with an Error when there is no such module.
 */
export async function loadCounter(encoding: string, options: LoadOptions = {}): Promise<Counter> {
  if (typeof encoding !== "string") {
    throw new TypeError(`loadCounter takes the name of an encoding, not ${typeof encoding}.`);
  }
  const module = await moduleOf(options);
  const number = module.encodingNamed(encoding);
  if (number >= 0) return new Counter(module, encoding, number);
  const carried = module.encodings().join(", ");
  const shown = encoding.slice(0, nameLengthShown);
  throw new RangeError(`There is no encoding "${shown}" here, but ${carried}.`);
}

/** The names of the encodings that the module carries. */
export async function carriedEncodings(options: LoadOptions = {}): Promise<string[]> {
  return (await moduleOf(options)).encodings();
}

function moduleOf({ wasm = usualModule }: LoadOptions): Promise<CountModule> {
  return CountModule.of(typeof wasm === "string" ? pathToFileURL(wasm) : wasm);
}
