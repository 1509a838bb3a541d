/** Runs a command line in this process and keeps what it says. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { main } from "../../cli/main.ts";

export interface Typed {
  code: number;
  /** Lines on standard output. */
  out: string[];
  /** Lines on standard error. */
  err: string[];
}

/** Types one command, its words apart. */
export async function type(...words: string[]): Promise<Typed> {
  const typed: Typed = { code: -1, out: [], err: [] };
  const terminal = {
    out: (line: string) => void typed.out.push(line),
    err: (line: string) => void typed.err.push(line),
  };
  typed.code = await main(words, terminal);
  return typed;
}

/** Writes files into a folder that lives as long as the test; answers their paths by name. */
export function files<T extends string>(texts: Record<T, string | Uint8Array>): Record<T, string> {
  const folder = mkdtempSync(join(tmpdir(), "tokenstile-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const entries = Object.entries<string | Uint8Array>(texts).map(([name, text]) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return [name, path];
  });
  return Object.fromEntries(entries) as Record<T, string>;
}
