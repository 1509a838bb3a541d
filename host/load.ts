import { callbackSignatures } from "./callbacks.ts";
import { findHostCall } from "./calls/index.ts";
import { readWasmShape, type WasmShape } from "./wasm_binary.ts";

/** Why a module is refused before it runs. */
export class LoadError extends Error {
  override name = "LoadError";
}

/** A compiled module that passed the checks Envoy makes at load. */
export interface LoadedModule {
  module: WebAssembly.Module;
  shape: WasmShape;
}

const memoryPagesMax = 16_384;
const abiVersions = ["0_1_0", "0_2_0", "0_2_1"].map((text) => `proxy_abi_version_${text}`);

/** Compiles and checks a module; throws LoadError with what Envoy would complain about. */
export function loadModule(bytes: Uint8Array): LoadedModule {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes as BufferSource);
  } catch (error) {
    throw new LoadError(`not a module that can be compiled: ${(error as Error).message}`);
  }
  const shape = readWasmShape(bytes);
  checkImports(shape);
  checkExports(shape);
  return { module, shape };
}

function checkImports(shape: WasmShape): void {
  for (const { module, name, kind, signature } of shape.imports) {
    const title = `${module}.${name}`;
    if (kind !== "function") throw new LoadError(`import of a ${kind}: ${title}`);
    const known = findHostCall(module, name);
    if (known === null) throw new LoadError(`missing import: ${title}`);
    if (known.signature !== signature) {
      throw new LoadError(`import type mismatch: ${title} is ${known.signature}, not ${signature}`);
    }
  }
}

function checkExports(shape: WasmShape): void {
  const { functions } = shape;
  if (!abiVersions.some((name) => functions.has(name))) {
    throw new LoadError("missing or unknown proxy-wasm ABI version");
  }
  const allocator = functions.has("malloc") ? "malloc" : "proxy_on_memory_allocate";
  if (!functions.has(allocator)) throw new LoadError("the module exports no allocator");
  if (functions.get(allocator) !== "i>i") throw new LoadError(`${allocator} has a wrong type`);
  if (shape.memories.length === 0) throw new LoadError("the module exports no memory");
  if (shape.memoryPagesMin > memoryPagesMax) throw new LoadError("more than 1 GiB of memory");
  for (const [name, signature] of Object.entries(callbackSignatures)) {
    const own = functions.get(name);
    if (own !== undefined && own !== signature) {
      throw new LoadError(`${name} has a wrong type: ${own}, not ${signature}`);
    }
  }
}
