/** The Python packages that are compared with, installed on demand into an environment of ours. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildDir } from "../../../tools/build.ts";

/** Package and version, by the name that the tables give it. */
export const pythonPackages: Record<string, string> = {
  "PyPI tiktoken": "tiktoken==0.14.0",
  fastokens: "fastokens==0.3.5",
  gigatoken: "gigatoken==0.10.0",
  "toktok-rs": "toktok-rs==0.3.0",
  // `quicktok` without `-v1` is an unrelated package.
  "quicktok-v1": "quicktok-v1==0.4.0",
};

export interface Python {
  /** The interpreter; null where there is none. */
  path: string | null;
  version: string;
  /** Names of the packages that are there. */
  there: string[];
  /** One sentence for each that is not. */
  missing: string[];
}

const environmentDir = join(buildDir, "bench", "python");
const installPatienceMs = 300_000;

/** Finds Python 3, and installs what it does not have yet. */
export function preparePython(): Python {
  const system = ["python3", "python"].find((name) => versionOf(name) !== null);
  if (system === undefined) {
    return noPython("Python 3 is not here, so no Python package is in the tables.");
  }
  const path = join(environmentDir, process.platform === "win32" ? "Scripts" : "bin", "python");
  try {
    if (!existsSync(path)) execFileSync(system, ["-m", "venv", environmentDir], quiet);
  } catch (error) {
    return noPython(`Python makes no environment for packages: ${firstLineOf(error)}.`);
  }
  const missing: string[] = [];
  const there = Object.entries(pythonPackages).flatMap(([name, requirement]) => {
    const why = install(path, requirement);
    if (why !== null) missing.push(`${requirement} is not here: ${why}.`);
    return why === null ? [name] : [];
  });
  return { path, version: versionOf(path) ?? "", there, missing };
}

/** No Python package is measured, for this reason. */
export function noPython(why: string): Python {
  return { path: null, version: "", there: [], missing: [why] };
}

const quiet = { encoding: "utf8", stdio: "pipe" } as const;

/** Null when the package is there; else why not. */
function install(python: string, requirement: string): string | null {
  const stamps = join(environmentDir, "installed");
  const stamp = join(stamps, requirement);
  if (existsSync(stamp)) return null;
  process.stderr.write(`installing ${requirement} for Python\n`);
  const args = ["-m", "pip", "install", "--quiet", "--no-input", "--only-binary", ":all:"];
  try {
    const options = { ...quiet, timeout: installPatienceMs };
    execFileSync(python, [...args, "--disable-pip-version-check", requirement], options);
  } catch (error) {
    return firstLineOf(error);
  }
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, "");
  return null;
}

/** Null where it cannot be run, or is not Python 3. */
function versionOf(python: string): string | null {
  const { stdout, status } = spawnSync(python, ["--version"], { encoding: "utf8" });
  return status === 0 ? (/^Python (3\.\S+)/.exec(stdout)?.[1] ?? null) : null;
}

function firstLineOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  const lines = (stderr ?? message).split("\n").filter((line) => /error/i.test(line));
  return (lines[0] ?? message.split("\n")[0] ?? "").slice(0, 160).replace(/\.$/, "");
}
