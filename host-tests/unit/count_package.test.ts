/** `tokenstile/count` as a program has it that installed the package: no sources run, no tools. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildModule, rootDir } from "../../tools/build.ts";
import { referenceCount } from "./bpe_module.ts";

const run = promisify(execFile);
const text = "The turnstile lets one through at a time. 🦤";
const folder = mkdtempSync(join(tmpdir(), "tokenstile-"));
const installed = join(folder, "node_modules/tokenstile");

/** Packs the checkout and unpacks it where a program would find it; nothing comes by network. */
beforeAll(async () => {
  await buildModule();
  const npm = { cwd: rootDir, shell: process.platform === "win32" };
  await run("npm", ["run", "prebuild"], npm);
  const packed = await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], npm);
  const name = packed.stdout.trim().split("\n").at(-1) ?? "";
  mkdirSync(installed, { recursive: true });
  await run("tar", ["-xzf", join(folder, name), "-C", installed, "--strip-components=1"]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program in the scratch folder on this Node alone; answers what it prints. */
async function program(name: string, source: string, ...options: string[]): Promise<string> {
  writeFileSync(join(folder, name), source);
  const { stdout } = await run(process.execPath, [...options, name], { cwd: folder });
  return stdout.trim();
}

describe("the packed entry", () => {
  it("counts in a module, without any other package", async () => {
    const source = `
      import { carriedEncodings, loadCounter } from "tokenstile/count";
      const counter = await loadCounter("o200k_base");
      const stream = counter.stream();
      for (const part of ${JSON.stringify(text)}.split(/(?= )/)) stream.feed(part);
      const [text, encodings] = [${JSON.stringify(text)}, await carriedEncodings()];
      const till = counter.countTillLimit(new TextEncoder().encode(text), 3);
      console.log(JSON.stringify([counter.count(text), stream.finish(), till, encodings]));`;
    const [whole, streamed, till, encodings] = JSON.parse(await program("a.mjs", source));
    const expected = referenceCount("o200k_base", text);
    expect([whole, streamed, till]).toEqual([expected, expected, 4]);
    expect(encodings).toContain("o200k_base");
  });

  it("can be had from CommonJS", async () => {
    const source = `import("tokenstile/count").then(async ({ loadCounter }) => {
      console.log((await loadCounter("cl100k_base")).count("hello"));
    });`;
    expect(await program("b.cjs", source)).toBe("1");
  });

  it("loads once for all, and in each worker thread anew", async () => {
    const source = `
      import { isMainThread, parentPort, Worker } from "node:worker_threads";
      import { loadCounter } from "tokenstile/count";
      const counters = await Promise.all(["o200k_base", "cl100k_base"].map(loadCounter));
      const sum = counters.reduce((sum, counter) => sum + counter.count("hello"), 0);
      if (!isMainThread) parentPort.postMessage(sum);
      else new Worker(new URL(import.meta.url)).on("message", (own) => console.log(sum, own));`;
    expect(await program("c.mjs", source)).toBe("2 2");
  });

  it("says what is missing when the module is not there", async () => {
    const without = join(folder, "node_modules/without");
    cpSync(installed, without, { recursive: true });
    const file = join(without, "build/tokenstile.wasm");
    const source = `
      import { renameSync } from "node:fs";
      import { loadCounter } from "without/count";
      renameSync(${JSON.stringify(file)}, ${JSON.stringify(`${file}.away`)});
      await loadCounter("o200k_base").catch((error) => console.log(error.message));
      renameSync(${JSON.stringify(`${file}.away`)}, ${JSON.stringify(file)});
      console.log((await loadCounter("o200k_base")).count("hello"));`;
    const [missing, later] = (await program("d.mjs", source)).split("\n");
    expect(missing).toMatch(
      /^There is no file .*tokenstile\.wasm; `npm run build` makes modules\.$/,
    );
    expect(later).toBe("1");
  });

  it("takes back streams that were dropped", async () => {
    const source = `
      import { setImmediate as turn } from "node:timers/promises";
      import { loadCounter } from "tokenstile/count";
      const counter = await loadCounter("o200k_base");
      for (let round = 0; round < 3; round++) {
        for (let open = 0; open < 40_000; open++) counter.stream().feed("a");
        gc();
        await turn();
      }
      console.log(counter.count("hello"));`;
    expect(await program("f.mjs", source, "--expose-gc")).toBe("1");
  });

  it("has a command that counts, where its dependencies are installed", async () => {
    symlinkSync(join(rootDir, "node_modules"), join(installed, "node_modules"), "junction");
    writeFileSync(join(folder, "text.txt"), text);
    const command = "node_modules/tokenstile/cli/tokenstile.mjs";
    const { stdout } = await run(process.execPath, [command, "count", "text.txt"], { cwd: folder });
    expect(stdout).toBe(`${referenceCount("o200k_base", text)} text.txt\n`);
  });

  it.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("is typed, for programs of module %s and resolution %s", async (module, resolution) => {
    const source = `
      import { type Counter, type CounterStream, loadCounter } from "tokenstile/count";
      const counter: Counter = await loadCounter("o200k_base");
      const tokens: number = counter.count("x") + counter.countTillLimit(new Uint8Array(1), 5);
      using stream: CounterStream = counter.stream();
      stream.feed("x");
      const all: number = stream.finish() + stream.tokens + tokens;
      // @ts-expect-error a number is no text
      counter.count(all);
      // @ts-expect-error a limit is needed
      counter.countTillLimit("x");
      export { all };`;
    writeFileSync(join(folder, "e.mts"), source);
    const compiler = join(rootDir, "node_modules/typescript/bin/tsc");
    const options = ["--strict", "--noEmit", "--target", "es2022"];
    const how = ["--module", module, "--moduleResolution", resolution];
    const args = [compiler, ...options, ...how, "e.mts"];
    const said = await run(process.execPath, args, { cwd: folder }).catch((error) => error);
    expect(said.stdout).toBe("");
  });
});
