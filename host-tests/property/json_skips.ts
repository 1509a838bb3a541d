import type { JsonLogEntry } from "../unit/json_log.ts";

/** What a log would be without the values that `host-tests/unit/json.as.ts` skips for this seed. */
export function withoutSkipped(log: JsonLogEntry[], skipSeed: number): JsonLogEntry[] {
  const kept: JsonLogEntry[] = [];
  for (let at = 0; at < log.length; at++) {
    const entry = log[at]!;
    kept.push(entry);
    if (!isSkipped(entry, skipSeed)) continue;
    at = entry.event === "Name" ? lastOfValue(log, at + 1) : lastOfValue(log, at);
  }
  return kept;
}

function isSkipped({ event, start }: JsonLogEntry, skipSeed: number): boolean {
  if (event !== "Name" && event !== "ObjectOpen" && event !== "ArrayOpen") return false;
  const mixed = Math.imul(Math.imul(start, 0x9e3779b1) + skipSeed, 0x85ebca6b);
  return mixed >>> 29 < 3;
}

/** The last entry of the value whose first entry is at `first`. */
function lastOfValue(log: JsonLogEntry[], first: number): number {
  let open = 0;
  for (let at = first; ; at++) {
    const { event } = log[at]!;
    if (event.endsWith("Open")) open++;
    if (event.endsWith("Close")) open--;
    if (open === 0) return at;
  }
}
