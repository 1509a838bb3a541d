/** One Envoy with its provider and its clients, each a process of its own. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningEnvoy, startEnvoy } from "../../envoy/start.ts";
import { benchBootstrap, logFileOf } from "./bootstrap.ts";
import { Child } from "./child.ts";
import type { LoadOrder, LoadResult } from "./load_process.ts";
import type { Variant } from "./variants.ts";

/** A line of a variant's access log: `host/access_log.ts` and the keys of dynamic metadata. */
export type LogLine = Record<string, string | number | null>;

const logPatienceMs = 5_000;
const pollMs = 10;

export class World {
  readonly #ports = new Map<string, number>();

  private constructor(
    readonly envoy: RunningEnvoy,
    readonly clients: Child,
    readonly provider: Child,
  ) {}

  static async start(envoyPath: string, variants: Variant[]): Promise<World> {
    const provider = new Child(new URL("./provider_process.ts", import.meta.url));
    const { port } = (await provider.message()) as { port: number };
    const clients = new Child(new URL("./load_process.ts", import.meta.url));
    await clients.message();
    const envoy = await startEnvoy({
      path: envoyPath,
      concurrency: 1,
      bootstrap: (folder) => benchBootstrap(variants, port, folder),
    });
    const world = new World(envoy, clients, provider);
    for (const { name } of variants) world.#ports.set(name, await envoy.portOf(name));
    return world;
  }

  async run(variant: Variant, order: Omit<LoadOrder, "port">): Promise<LoadResult> {
    const port = this.#ports.get(variant.name) ?? 0;
    return (await this.clients.ask({ ...order, port })) as LoadResult;
  }

  /** All lines of a variant's log, once there are `count` of them. */
  async logLines(variant: Variant, count: number): Promise<LogLine[]> {
    const giveUpMs = Date.now() + logPatienceMs;
    for (;;) {
      const text = await readFile(join(this.envoy.folder, logFileOf(variant)), "utf8");
      const lines = text.split("\n").slice(0, -1);
      if (lines.length >= count) return lines.map((line) => JSON.parse(line) as LogLine);
      if (Date.now() > giveUpMs) {
        throw new Error(`${variant.name} logged ${lines.length} requests, not ${count}`);
      }
      await sleep(pollMs);
    }
  }

  async stop(): Promise<void> {
    this.clients.stop();
    await this.envoy.stop();
    this.provider.stop();
  }
}
