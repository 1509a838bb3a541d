import { Config } from "../../assembly/config/config";
import { Name } from "../../assembly/config/name";
import { nameFromText } from "../../assembly/config/name";
import { parseConfig } from "../../assembly/config/parse";

/** The configuration that `parse` read last, kept reachable. */
let current: Config | null = null;
let report: Name = nameFromText("");

export function scratch(bytes: u32): usize {
  return heap.alloc(bytes);
}

export function release(ptr: usize): void {
  heap.free(ptr);
}

/** The number of mistakes; `reportPtr` then shows them, `path \t reason` a line. */
export function parse(ptr: usize, bytes: u32): i32 {
  const result = parseConfig(ptr, bytes);
  current = result.config;
  const lines: Array<string> = [];
  for (let i = 0; i < result.errors.length; i++) {
    lines.push(result.errors[i].path + "\t" + result.errors[i].reason);
  }
  report = nameFromText(lines.join("\n"));
  return result.errors.length;
}

export function reportPtr(): usize {
  return report.ptr;
}

export function reportBytes(): u32 {
  return report.length;
}
