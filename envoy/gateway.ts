/** A running Envoy with our module in it, driven through the same few calls as the Node gateway. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AccessLogLine } from "../host/access_log.ts";
import { accessLogFile, filterDiscovery, filterFile, gatewayBootstrap } from "./bootstrap.ts";
import { gatewayName, type GatewaySetup } from "./bootstrap.ts";
import { findEnvoy } from "./find.ts";
import { type RunningEnvoy, startEnvoy } from "./start.ts";

const reconfigureTimeoutMs = 10_000;
const pollMs = 10;
const ownStats = "wasmcustom.";
const discoveryStats = `extension_config_discovery.http_filter.${gatewayName}.`;

export interface EnvoyGateway {
  url: string;
  port: number;
  /** Where the further listeners listen, by name. */
  portsBeside: Record<string, number>;
  /** The lines of the access log so far. */
  accessLog(): Promise<AccessLogLine[]>;
  /** The module's own counters and gauges, by the names that the module gave them. */
  stats(): Promise<Record<string, number>>;
  /** Hands a new configuration to the module; one that it refuses leaves the old one in force. */
  reconfigure(configuration: object): Promise<Reconfigured>;
  envoy: RunningEnvoy;
  close(): Promise<void>;
}

export interface Reconfigured {
  accepted: boolean;
  /** What the module logged meanwhile, each message once. */
  messages: string[];
}

/** Starts Envoy with the module; rejects with the module's messages when it refuses to start. */
export async function startEnvoyGateway(setup: GatewaySetup): Promise<EnvoyGateway> {
  const { path } = await findEnvoy();
  const envoy = await startEnvoy({
    path,
    concurrency: setup.concurrency ?? 1,
    bootstrap: (folder) => gatewayBootstrap(setup, folder),
    files: () => ({ [filterFile]: filterDiscovery(setup, setup.configuration, 1) }),
  });
  try {
    if (!(await isTaken(envoy, { taken: 0, refused: 0 }))) {
      throw new Error(
        `the module refused its configuration:\n${messagesIn(envoy.log()).join("\n")}`,
      );
    }
    const port = await envoy.portOf(gatewayName);
    const portsBeside: Record<string, number> = {};
    for (const name of Object.keys(setup.beside ?? {})) {
      portsBeside[name] = await envoy.portOf(name);
    }
    return new Gateway(setup, envoy, port, portsBeside);
  } catch (error) {
    await envoy.stop();
    throw error;
  }
}

class Gateway implements EnvoyGateway {
  private version = 1;
  private text: string;
  readonly url: string;

  constructor(
    private readonly setup: GatewaySetup,
    readonly envoy: RunningEnvoy,
    readonly port: number,
    readonly portsBeside: Record<string, number>,
  ) {
    this.url = `http://127.0.0.1:${port}`;
    this.text = filterDiscovery(setup, setup.configuration, 0);
  }

  async accessLog(): Promise<AccessLogLine[]> {
    const text = await readFile(join(this.envoy.folder, accessLogFile), "utf8");
    const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as AccessLogLine);
  }

  async stats(): Promise<Record<string, number>> {
    const found = await this.envoy.stats(`^${ownStats.replace(".", "\\.")}`);
    const named = Object.entries(found).map(([name, value]) => [
      name.slice(ownStats.length),
      value,
    ]);
    return Object.fromEntries(named) as Record<string, number>;
  }

  async reconfigure(configuration: object): Promise<Reconfigured> {
    // Envoy passes over a resource that it already has, so there would be no answer to wait for.
    const text = filterDiscovery(this.setup, configuration, 0);
    if (text === this.text) return { accepted: true, messages: [] };
    const mark = this.envoy.log().length;
    const before = await discoveryCounts(this.envoy);
    const next = filterDiscovery(this.setup, configuration, ++this.version);
    await this.envoy.replaceFile(filterFile, next);
    const accepted = await isTaken(this.envoy, before);
    if (accepted) this.text = text;
    return { accepted, messages: messagesIn(this.envoy.log().slice(mark)) };
  }

  async close(): Promise<void> {
    await this.envoy.stop();
  }
}

interface DiscoveryCounts {
  taken: number;
  refused: number;
}

/** Not `config_reload`: that one counts a configuration before the module has answered. */
async function discoveryCounts(envoy: RunningEnvoy): Promise<DiscoveryCounts> {
  const stats = await envoy.stats(discoveryStats);
  const count = (name: string): number => stats[`${discoveryStats}${name}`] ?? 0;
  return { taken: count("update_success"), refused: count("update_rejected") };
}

/** Waits until Envoy has taken (true) or refused (false) the configuration in the file. */
async function isTaken(envoy: RunningEnvoy, before: DiscoveryCounts): Promise<boolean> {
  const giveUpMs = Date.now() + reconfigureTimeoutMs;
  while (Date.now() < giveUpMs) {
    const now = await discoveryCounts(envoy);
    if (now.taken > before.taken) return true;
    if (now.refused > before.refused) return false;
    await sleep(pollMs);
  }
  throw new Error(`Envoy did not take up its filter's configuration; its log:\n${envoy.log()}`);
}

/** The module's own messages: each thread runs the module, so an equal one may come repeatedly. */
function messagesIn(log: string): string[] {
  const found = [...log.matchAll(/wasm log[^:]*: (.*)$/gm)].map((match) => match[1] ?? "");
  return [...new Set(found)];
}
