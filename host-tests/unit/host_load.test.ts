/** What modules the Node host loads and what it refuses, as Envoy does. */
import { describe, expect, it } from "vitest";
import { loadModule } from "../../host/load.ts";
import { Vm } from "../../host/vm.ts";
import { type TinyModule, tinyWasm } from "./tiny_wasm.ts";

const abi = { name: "proxy_abi_version_0_2_1", signature: ">" };
const malloc = { name: "malloc", signature: "i>i" };
const log = { name: "proxy_log", signature: "iii>i" };
const property = { name: "proxy_get_property", signature: "iiii>i" };
const configure = { name: "proxy_on_configure", signature: "ii>i" };

/** Loads, starts, configures: null, or why not. */
function refusal(module: TinyModule, violations: string[] = []): string | null {
  try {
    const vm = new Vm(loadModule(tinyWasm(module)), { violations });
    const root = vm.createRoot({ configuration: new Uint8Array() });
    return root === null ? (vm.dead ?? "it said no") : null;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a module that loads", () => {
  const fine: [string, TinyModule][] = [
    ["the least there is", { functions: [abi, malloc] }],
    ["an older ABI", { functions: [{ ...abi, name: "proxy_abi_version_0_1_0" }, malloc] }],
    ["the other allocator", { functions: [abi, { ...malloc, name: "proxy_on_memory_allocate" }] }],
    ["an unknown callback", { functions: [abi, malloc, { name: "proxy_on_foo", signature: ">" }] }],
    ["another name for memory", { functions: [abi, malloc], memoryName: "m" }],
    [
      "proxy_log in _initialize",
      {
        imports: [log],
        functions: [abi, malloc, { name: "_initialize", signature: ">", calls: 0 }],
      },
    ],
    [
      "proxy_log in _start",
      { imports: [log], functions: [abi, malloc, { name: "_start", signature: ">", calls: 0 }] },
    ],
    [
      "both, of which _start does not run",
      {
        functions: [
          ...[abi, malloc, { name: "_initialize", signature: ">" }],
          { name: "_start", signature: ">", traps: true },
        ],
      },
    ],
    ["a pure start section", { functions: [abi, malloc, { signature: ">" }], start: 2 }],
    [
      "WASI under both its names",
      {
        imports: [
          { module: "wasi_snapshot_preview1", name: "fd_write", signature: "iiii>i" },
          { module: "wasi_unstable", name: "proc_exit", signature: "i>" },
        ],
        functions: [abi, malloc],
      },
    ],
  ];
  it.each(fine)("%s", (_title, module) => {
    expect(refusal(module)).toBe(null);
  });
});

describe("a module that is refused", () => {
  const wrong: [string, TinyModule, RegExp][] = [
    ["without an ABI", { functions: [malloc] }, /ABI version/],
    ["of ABI 0.3", { functions: [{ ...abi, name: "proxy_abi_version_0_3_0" }, malloc] }, /ABI/],
    ["without an allocator", { functions: [abi] }, /no allocator/],
    [
      "with an unknown import",
      { imports: [{ name: "abort", signature: "iiii>" }], functions: [abi, malloc] },
      /missing import: env\.abort/,
    ],
    [
      "with an import gone since 0.2",
      { imports: [{ name: "proxy_clear_route_cache", signature: ">i" }], functions: [abi, malloc] },
      /missing import/,
    ],
    [
      "with an import of another type",
      { imports: [{ ...log, signature: "ii>i" }], functions: [abi, malloc] },
      /import type mismatch: env\.proxy_log is iii>i, not ii>i/,
    ],
    [
      "with a global import",
      { importsGlobal: true, functions: [abi, malloc] },
      /import of a global/,
    ],
    [
      "with a callback of another type",
      { functions: [abi, malloc, { name: "proxy_on_log", signature: "ii>" }] },
      /proxy_on_log has a wrong type/,
    ],
    [
      "that asks for a property in _initialize",
      {
        imports: [property],
        functions: [abi, malloc, { name: "_initialize", signature: ">", calls: 0 }],
      },
      /restricted_callback: proxy_get_property/,
    ],
    [
      "that traps in _initialize",
      { functions: [abi, malloc, { name: "_initialize", signature: ">", traps: true }] },
      /_initialize trapped/,
    ],
    ["of more than 1 GiB", { functions: [abi, malloc], memoryPages: 16_385 }, /1 GiB/],
    ["that says no to its configuration", { functions: [abi, malloc, configure] }, /it said no/],
    [
      "that traps on its configuration",
      { functions: [abi, malloc, { ...configure, traps: true }] },
      /proxy_on_configure: unreachable/,
    ],
  ];
  it.each(wrong)("%s", (_title, module, reason) => {
    expect(refusal(module)).toMatch(reason);
  });

  it("is no WebAssembly", () => {
    expect(() => loadModule(Buffer.from("hello"))).toThrow(/not a module/);
  });

  it("calls the host in its start section, which crashes Envoy", () => {
    const violations: string[] = [];
    const module = {
      imports: [log],
      functions: [abi, malloc, { signature: ">", calls: 0 }],
      start: 2,
    };
    expect(refusal(module, violations)).toMatch(/proxy_log in the start section/);
    expect(violations).toEqual(["proxy_log in the start section: a real Envoy crashes"]);
  });
});
