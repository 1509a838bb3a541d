/** What a run prints, and what it leaves under `bench/record`. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { rootDir } from "../tools/build.ts";

export interface Section {
  title: string;
  /** Markdown. */
  body: string;
}

/** The machine, the versions and the command, for whoever compares two runs. */
export function aboutThisRun(command: string, versions: Record<string, string>): Section {
  const lines = [
    `command: \`${command}\``,
    `time: ${new Date().toISOString().slice(0, 16)}Z`,
    `machine: ${machine()}`,
    `system: ${type()} ${release()}; load before the run: ${loadavg()[0]?.toFixed(2)}`,
    `versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}`,
  ];
  return { title: "This run", body: lines.map((line) => `- ${line}`).join("\n") };
}

/** Its processor, cores and memory. */
export function machine(): string {
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  return `${cpus()[0]?.model.trim() ?? "unknown"}, ${cpus().length} cores, ${memoryGib} GiB`;
}

/** Versions that every run depends on. */
export function commonVersions(): Record<string, string> {
  const manifest = readFileSync(join(rootDir, "package.json"), "utf8");
  const { version, dependencies } = JSON.parse(manifest) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const compiler = dependencies.assemblyscript ?? "";
  return { tokenstile: version, node: process.versions.node, assemblyscript: compiler };
}

/** Where today's record of a bench lies, from the root. */
export function recordPath(what: string, extension: string): string {
  return join("bench", "record", `${today()}-${what}.${extension}`);
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Writes the sections to a dated file; answers its path from the root. */
export function keepRecord(what: string, sections: Section[]): string {
  const path = recordPath(what, "md");
  mkdirSync(join(rootDir, "bench", "record"), { recursive: true });
  const text = sections.map(({ title, body }) => `## ${title}\n\n${body}\n`).join("\n");
  writeFileSync(join(rootDir, path), `# ${what}, ${today()}\n\n${text}`);
  return path;
}
