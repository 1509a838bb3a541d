/**
 * Files far larger than what is held of them. `TOKENSTILE_COUNT_BYTES=1e9` in front of the test
 * command makes the large one 1 GB.
 */
import { execFile } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildModule, rootDir } from "../../tools/build.ts";
import { referenceCount } from "./bpe_module.ts";

const largeBytes = Number(process.env.TOKENSTILE_COUNT_BYTES ?? 120e6);
const smallBytes = largeBytes / 6;
/** What a process takes more or less of by chance; a file that was held would take 100 MB. */
const rssSlackBytes = 24e6;
const patienceMs = 60_000 + largeBytes / 5e3;

/** From a letter to a line's end: so often repeated, it has so many times the tokens. */
const block = "Visitors: 1, 22, 333.\n日本語 и русский 🦤\n\tif (a == b) { f(); }\n";

const folder = mkdtempSync(join(tmpdir(), "tokenstile-"));
beforeAll(async () => {
  await buildModule();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file of about so many bytes; answers its path and its tokens. */
function generate(bytes: number): { path: string; tokens: number } {
  const path = join(folder, `${bytes}.txt`);
  const slice = Buffer.from(block.repeat(10_000));
  const slices = Math.ceil(bytes / slice.length);
  const file = openSync(path, "w");
  for (let written = 0; written < slices; written++) writeSync(file, slice);
  closeSync(file);
  return { path, tokens: slices * 10_000 * referenceCount("o200k_base", block) };
}

/** Counts in a process of its own, which tells at its end what it took. */
async function measured(path: string) {
  const preload = `import { writeSync } from "node:fs";
    process.on("exit", () => {
      const { userCPUTime, maxRSS } = process.resourceUsage();
      writeSync(2, JSON.stringify({ cpuMs: userCPUTime / 1000, rssBytes: maxRSS * 1024 }));
    });`;
  const hook = `data:text/javascript,${encodeURIComponent(preload)}`;
  const program = join(rootDir, "cli/tokenstile.mjs");
  const args = ["--import", hook, program, "count", path];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  const { cpuMs, rssBytes } = JSON.parse(stderr) as { cpuMs: number; rssBytes: number };
  return { stdout, cpuMs, rssBytes };
}

describe("tokenstile count of a large file", () => {
  it(
    "is right, takes no more memory, and time as the file is long",
    async () => {
      const [none, small, large] = [generate(0), generate(smallBytes), generate(largeBytes)];
      const base = await measured(none.path);
      const less = await measured(small.path);
      const more = await measured(large.path);
      expect(base.stdout).toBe(`0 ${none.path}\n`);
      expect(less.stdout).toBe(`${small.tokens} ${small.path}\n`);
      expect(more.stdout).toBe(`${large.tokens} ${large.path}\n`);
      expect(more.rssBytes - less.rssBytes).toBeLessThan(rssSlackBytes);
      expect((more.cpuMs - base.cpuMs) / (less.cpuMs - base.cpuMs)).toBeLessThan(6 * 3);
    },
    patienceMs,
  );
});
