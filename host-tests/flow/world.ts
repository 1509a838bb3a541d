/**
 * One way to run the module behind a gateway, whichever gateway it is: the Node host or a real
 * Envoy.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AccessLogLine } from "../../host/access_log.ts";
import { startGateway } from "../../host/gateway.ts";
import type { RouteRule } from "../../host/routes.ts";
import { startEnvoyGateway } from "../../envoy/gateway.ts";
import { buildModule } from "../../tools/build.ts";

export type HostName = "node" | "envoy";

export interface WorldSetup {
  /** The plugin configuration, `{ policy, attach }`. */
  configuration: object;
  routes: RouteRule[];
  clusters: Record<string, { url: string; connectTimeoutMs?: number }>;
  /** The module under test; tokenstile itself unless told. */
  wasmPath?: string;
  stopIterationAllowed?: boolean;
  bufferBytesMax?: number;
  /** Further listeners by name, each with a configuration of its own in the same VM. */
  beside?: Record<string, object>;
}

export interface World {
  host: HostName;
  url: string;
  port: number;
  /** Where the further listeners listen, by name. */
  portsBeside: Record<string, number>;
  /** The access log line of the request with this x-request-id; waits 15 s at most. */
  accessLogOf(id: string): Promise<AccessLogLine>;
  /** All lines so far. */
  accessLog(): Promise<AccessLogLine[]>;
  /** The module's own counters and gauges, under the names that the module gave them. */
  stats(): Promise<Record<string, number>>;
  /** A refused configuration leaves the old one in force. */
  reconfigure(configuration: object): Promise<{ accepted: boolean; messages: string[] }>;
  /** Rules of the host that the module broke; only the Node host can tell. */
  violations(): string[];
  /** What the host and the module have logged so far. */
  logText(): string;
  close(): Promise<void>;
}

const patienceMs = 15_000;

/** Starts a gateway; rejects with the module's reasons when it refuses its configuration. */
export async function startWorld(host: HostName, setup: WorldSetup): Promise<World> {
  const wasmPath = setup.wasmPath ?? (await buildModule());
  return host === "node" ? nodeWorld({ ...setup, wasmPath }) : envoyWorld({ ...setup, wasmPath });
}

type Setup = WorldSetup & { wasmPath: string };

async function nodeWorld(setup: Setup): Promise<World> {
  const lines: AccessLogLine[] = [];
  let text = "";
  const gateway = await startGateway({
    ...setup,
    onAccessLog: (line) => lines.push(line),
    onLog: ({ level, message }) => (text += `${level} ${message}\n`),
  });
  return {
    host: "node",
    url: gateway.url,
    port: gateway.port,
    portsBeside: gateway.portsBeside,
    accessLogOf: (id) => lineOf(id, () => Promise.resolve(lines)),
    accessLog: () => Promise.resolve([...lines]),
    stats: () => Promise.resolve(withoutHistograms(gateway.stats())),
    reconfigure: (configuration) => Promise.resolve(gateway.reconfigure(configuration)),
    violations: () => [...gateway.violations],
    logText: () => text,
    close: () => gateway.close(),
  };
}

/** Histograms are left out on both hosts: Envoy shows them late, and as quantiles. */
function withoutHistograms(stats: Record<string, number>): Record<string, number> {
  const kept = Object.entries(stats).filter(([name]) => !/\.(sum|count)$/.test(name));
  return Object.fromEntries(kept);
}

async function envoyWorld(setup: Setup): Promise<World> {
  const gateway = await startEnvoyGateway(setup);
  return {
    host: "envoy",
    url: gateway.url,
    port: gateway.port,
    portsBeside: gateway.portsBeside,
    accessLogOf: (id) => lineOf(id, () => gateway.accessLog()),
    accessLog: () => gateway.accessLog(),
    stats: () => gateway.stats(),
    reconfigure: (configuration) => gateway.reconfigure(configuration),
    violations: () => [],
    logText: () => gateway.envoy.log(),
    close: () => gateway.close(),
  };
}

async function lineOf(id: string, lines: () => Promise<AccessLogLine[]>): Promise<AccessLogLine> {
  const giveUpMs = Date.now() + patienceMs;
  while (Date.now() < giveUpMs) {
    const found = (await lines()).find((line) => line.id === id);
    if (found) return found;
    await sleep(5);
  }
  const seen = (await lines()).map((line) => line.id).join(", ");
  throw new Error(`no access log line for ${id}; there are lines for: ${seen || "none"}`);
}
