import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { buildModule } from "../../tools/build.ts";
import { foreignExports, foreignImports, hasStartSection, missingExports } from "./wasm.ts";

/** Two vocabularies with their tables are nearly all of it; the rest is code. */
const moduleBytesMax = 4 * 1024 * 1024;

describe("the built module", () => {
  let bytes: Uint8Array<ArrayBuffer>;
  let module: WebAssembly.Module;

  beforeAll(async () => {
    bytes = new Uint8Array(readFileSync(await buildModule()));
    module = new WebAssembly.Module(bytes);
  });

  it("imports nothing but proxy-wasm 0.2.1, random numbers and the clock", () => {
    expect(foreignImports(module)).toEqual([]);
  });
  it("exports nothing but callbacks, the allocator, its memory and the counter", () => {
    expect(foreignExports(module)).toEqual([]);
  });
  it("exports all that a host needs, and all that counts", () => {
    expect(missingExports(module)).toEqual([]);
  });
  it("has no start section, which would run before the host is ready for calls", () => {
    expect(hasStartSection(bytes)).toBe(false);
  });
  it(`is at most ${moduleBytesMax.toLocaleString("en")} bytes`, () => {
    expect(bytes.length).toBeLessThanOrEqual(moduleBytesMax);
  });
});
