import { Status } from "../abi.ts";
import { MemoryFault } from "../memory_fault.ts";
import type { Vm } from "../vm.ts";
import type { WasmImport } from "../wasm_binary.ts";
import { bufferCalls } from "./buffers.ts";
import { calloutCalls } from "./callouts.ts";
import { headerCalls } from "./headers.ts";
import { logCalls } from "./log.ts";
import { metricCalls } from "./metrics.ts";
import { propertyCalls } from "./properties.ts";
import { sharedCalls } from "./shared.ts";
import { streamCalls } from "./stream.ts";
import type { HostCall, HostCallTable } from "./table.ts";
import { timeCalls } from "./time.ts";
import { wasiCalls } from "./wasi.ts";

const env: HostCallTable = {
  ...logCalls,
  ...headerCalls,
  ...bufferCalls,
  ...propertyCalls,
  ...sharedCalls,
  ...metricCalls,
  ...streamCalls,
  ...calloutCalls,
  ...timeCalls,
};

const modules: Record<string, HostCallTable> = {
  env,
  wasi_snapshot_preview1: wasiCalls,
  wasi_unstable: wasiCalls,
};

/** The host function that an import names, or null. */
export function findHostCall(module: string, name: string): HostCall | null {
  const table = modules[module];
  return table !== undefined && Object.hasOwn(table, name) ? (table[name] as HostCall) : null;
}

/** The import object of one VM. */
export function bindHostCalls(vm: Vm, imports: readonly WasmImport[]): WebAssembly.Imports {
  const bound: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module, name } of imports) {
    const call = findHostCall(module, name);
    if (call !== null) (bound[module] ??= {})[name] = bind(vm, name, call);
  }
  return bound;
}

function bind(vm: Vm, name: string, call: HostCall): (...args: never[]) => number | void {
  return (...args) => {
    if (!vm.linked) {
      vm.violate(`${name} in the start section: a real Envoy crashes`);
      throw new Error(`${name} in the start section`);
    }
    if (!vm.initialized && call.early !== true) {
      throw new Error(`restricted_callback: ${name} before the module is initialized`);
    }
    const fault = vm.faults === null ? null : vm.faults.use(name);
    if (fault !== null) return fault;
    try {
      return call.run(vm, ...args);
    } catch (error) {
      if (error instanceof MemoryFault) return Status.InvalidMemoryAccess;
      throw error;
    }
  };
}
