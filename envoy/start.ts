/**
 * Runs one Envoy as a child: starts it, waits until it is live, reads its ports and statistics, and
 * makes sure that it never outlives the process that started it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const liveTimeoutMs = 30_000;
const pollMs = 15;
const stopPatienceMs = 3_000;
const logCharsMax = 4 * 1024 * 1024;

/** Envoy flushes its access log this often; the default of ten seconds is too long to wait for. */
const accessLogFlushMs = 20;

export interface EnvoyOptions {
  /** The binary, from `findEnvoy()`. */
  path: string;
  /**
   * The bootstrap, given the folder of this Envoy. Listeners bind port 0, and `admin` is set here.
   */
  bootstrap: (folder: string) => Bootstrap;
  /** Further files to lie in the folder before the start, by name. */
  files?: (folder: string) => Record<string, string>;
  /** Worker threads; 1 unless told. */
  concurrency?: number;
}

export type Bootstrap = Record<string, unknown>;

export interface RunningEnvoy {
  pid: number;
  /** Where its admin interface listens, `http://127.0.0.1:PORT`. */
  adminUrl: string;
  /** A temporary folder that goes with the process. */
  folder: string;
  /** The port that a listener got, by the listener's name. */
  portOf(listener: string): Promise<number>;
  /** Counters and gauges whose name matches, histograms left out. */
  stats(filter?: string): Promise<Record<string, number>>;
  /** A page of the admin interface as text. */
  admin(path: string): Promise<string>;
  /** All that it wrote to its log so far (the latest 4 MiB). */
  log(): string;
  /** The exit code or signal once it has ended, else null. */
  ended(): number | string | null;
  /** Puts a file into the folder in one step, as Envoy's file watches want it. */
  replaceFile(name: string, text: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an Envoy and resolves once it is live; rejects with its log when it ends before that. */
export async function startEnvoy(options: EnvoyOptions): Promise<RunningEnvoy> {
  const folder = mkdtempSync(join(tmpdir(), "tokenstile-envoy-"));
  try {
    const addressFile = join(folder, "admin-address");
    await writeFile(join(folder, "envoy.json"), bootstrapText(options.bootstrap(folder)));
    for (const [name, text] of Object.entries(options.files?.(folder) ?? {})) {
      await writeFile(join(folder, name), text);
    }
    const child = launch(options.path, argumentsFor(folder, addressFile, options.concurrency ?? 1));
    const process = new EnvoyProcess(child, folder);
    await process.live(addressFile);
    return process;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function bootstrapText(bootstrap: Bootstrap): string {
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  return JSON.stringify({ ...bootstrap, admin: { address } }, null, 1);
}

function argumentsFor(folder: string, addressFile: string, concurrency: number): string[] {
  return [
    ...["--config-path", join(folder, "envoy.json")],
    ...["--admin-address-path", addressFile],
    ...["--concurrency", String(concurrency)],
    ...["--file-flush-interval-msec", String(accessLogFlushMs)],
    ...["--log-level", "warn", "--component-log-level", "wasm:info"],
    "--disable-hot-restart",
  ];
}

const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

function launch(path: string, args: string[]): ChildProcess {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/**
 * An exit handler does not run when this process is killed outright. A small shell therefore waits
 * on a pipe that only we hold open: the kernel closes it with us, and the shell ends the Envoy. It
 * has a session of its own, so that a Ctrl-C meant for us does not end it first.
 */
function guard(child: ChildProcess, folder: string): () => void {
  const text = 'cat; kill -9 "$1" 2>/dev/null; rm -rf "$2"';
  const args = ["-c", text, "envoy-guard", String(child.pid), folder];
  const shell = spawn("/bin/sh", args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
  shell.unref();
  (shell.stdin as unknown as { unref?: () => void }).unref?.();
  shell.on("error", () => {});
  shell.stdin?.on("error", () => {});
  return () => shell.pid !== undefined && shell.exitCode === null && endGroup(shell.pid);
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

class EnvoyProcess implements RunningEnvoy {
  private text = "";
  private end: number | string | null = null;
  adminUrl = "";
  private readonly release: () => void;

  constructor(
    private readonly child: ChildProcess,
    readonly folder: string,
  ) {
    const append = (data: Buffer): void => {
      this.text = (this.text + data.toString()).slice(-logCharsMax);
    };
    child.stdout?.on("data", append);
    child.stderr?.on("data", append);
    this.release = child.pid === undefined ? () => {} : guard(child, folder);
    child.once("error", (error) => this.close(error.message));
    child.once("exit", (code, signal) => this.close(signal ?? code ?? -1));
  }

  private close(end: number | string): void {
    this.end ??= end;
    this.release();
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  log(): string {
    return this.text;
  }

  ended(): number | string | null {
    return this.end;
  }

  async live(addressFile: string): Promise<void> {
    const giveUpMs = Date.now() + liveTimeoutMs;
    while (this.end === null && Date.now() < giveUpMs) {
      if (await this.isLive(addressFile)) return;
      await sleep(pollMs);
    }
    const why =
      this.end === null ? `was not live after ${liveTimeoutMs} ms` : `ended (${this.end})`;
    await this.stop();
    throw new Error(`Envoy ${why}; its log:\n${this.text}`);
  }

  private async isLive(addressFile: string): Promise<boolean> {
    try {
      const address = (await readFile(addressFile, "utf8")).trim();
      if (address === "") return false;
      this.adminUrl = `http://${address}`;
      return (await this.admin("/ready")).trim() === "LIVE";
    } catch {
      return false;
    }
  }

  async admin(path: string): Promise<string> {
    const response = await fetch(`${this.adminUrl}${path}`, { signal: AbortSignal.timeout(5_000) });
    return response.text();
  }

  async portOf(listener: string): Promise<number> {
    const listing = JSON.parse(await this.admin("/listeners?format=json")) as Listing;
    const status = listing.listener_statuses?.find(({ name }) => name === listener);
    const port = status?.local_address?.socket_address?.port_value;
    if (!port) throw new Error(`Envoy has no listener "${listener}"; its log:\n${this.text}`);
    return port;
  }

  async stats(filter = ""): Promise<Record<string, number>> {
    const page = await this.admin(`/stats?format=json&filter=${encodeURIComponent(filter)}`);
    const { stats } = JSON.parse(page) as { stats: { name?: string; value?: number }[] };
    const values: Record<string, number> = {};
    for (const { name, value } of stats)
      if (name && typeof value === "number") values[name] = value;
    return values;
  }

  async replaceFile(name: string, text: string): Promise<void> {
    const part = join(this.folder, `${name}.part`);
    await writeFile(part, text);
    await rename(part, join(this.folder, name));
  }

  async stop(): Promise<void> {
    if (this.end === null) {
      const exited = new Promise((done) => this.child.once("exit", done));
      this.child.kill("SIGTERM");
      await Promise.race([exited, sleep(stopPatienceMs, undefined, { ref: false })]);
      this.child.kill("SIGKILL");
      await exited;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Listing {
  listener_statuses?: {
    name: string;
    local_address?: { socket_address?: { port_value?: number } };
  }[];
}
