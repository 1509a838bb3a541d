import { readFileSync, statSync } from "node:fs";
import { loadModule, type LoadedModule } from "./load.ts";

const byPath = new Map<string, { stamp: string; loaded: LoadedModule }>();
const byBytes = new WeakMap<Uint8Array, LoadedModule>();

/** The compiled module of a file or of bytes; compiled again only when the file has changed. */
export function cachedModule(source: string | Uint8Array): LoadedModule {
  if (typeof source !== "string") {
    const known = byBytes.get(source) ?? loadModule(source);
    byBytes.set(source, known);
    return known;
  }
  const { mtimeMs, size, ino } = statSync(source);
  const stamp = `${mtimeMs} ${size} ${ino}`;
  const known = byPath.get(source);
  if (known?.stamp === stamp) return known.loaded;
  const loaded = loadModule(readFileSync(source));
  byPath.set(source, { stamp, loaded });
  return loaded;
}
