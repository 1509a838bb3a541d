import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rootDir } from "./tree.ts";

/** Runs an installed tool on this very Node; resolves to its exit code and all it said. */
function run(tool: string, ...args: string[]): Promise<{ code: number | null; said: string }> {
  const script = join(rootDir, "node_modules", tool);
  const child = spawn(process.execPath, [script, ...args], { cwd: rootDir });
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  child.stderr.on("data", (text) => (said += text));
  return new Promise((done) => child.on("close", (code) => done({ code, said })));
}

describe("every file is as the tools would leave it", () => {
  it("is formatted (`npm run format` does it)", async () => {
    const { code, said } = await run("prettier/bin/prettier.cjs", "--check", ".");
    expect(code, said).toBe(0);
  });

  it("has no type error", async () => {
    const cache = ["--incremental", "--tsBuildInfoFile", "build/types.tsbuildinfo"];
    const { code, said } = await run("typescript/bin/tsc", "--noEmit", ...cache);
    expect(code, said).toBe(0);
  });
});
