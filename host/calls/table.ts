import type { Vm } from "../vm.ts";

/** A host function: its type (i: i32, I: i64, `>` before the result) and what it does. */
export interface HostCall {
  signature: string;
  run: (vm: Vm, ...args: never[]) => number | void;
  /** True: also allowed while `_initialize` runs. */
  early?: boolean;
}

export type HostCallTable = Record<string, HostCall>;
