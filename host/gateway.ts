import type { Pairs } from "./abi.ts";
import type { AccessLogLine } from "./access_log.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Downstream } from "./downstream.ts";
import { Engine } from "./engine.ts";
import type { Faults } from "./faults.ts";
import type { ForeignFunction } from "./foreign.ts";
import { HttpUpstreams, type UpstreamCluster } from "./http_upstreams.ts";
import { Listener } from "./listener.ts";
import { cachedModule } from "./module_cache.ts";
import { pushBounded } from "./push_bounded.ts";
import type { RouteRule } from "./routes.ts";
import { Stats } from "./stats.ts";
import { HttpStream, type StreamFilter, type StreamOptions } from "./stream.ts";
import { Turns } from "./turns.ts";
import type { LogLine } from "./vm.ts";
import { WasmFilter } from "./wasm_filter.ts";

export type { LogLine };

export interface GatewayOptions {
  wasmPath: string;
  configuration: object;
  /** Envoy's `allow_on_headers_stop_iteration`; default true. */
  stopIterationAllowed?: boolean;
  routes: RouteRule[];
  clusters: Record<string, UpstreamCluster>;
  /** Further listeners by name, each with a configuration of its own in the same VM. */
  beside?: Record<string, object>;
  /** Default 0: any free one. */
  port?: number;
  /** Default 127.0.0.1. */
  hostname?: string;
  /** Most bytes of a body that a filter may hold; default 1 MiB. */
  bufferBytesMax?: number;
  clock?: Clock;
  faults?: Faults;
  /** Lines of the module below this level are dropped; default `info`. */
  logLevel?: LogLine["level"];
  onAccessLog?(line: AccessLogLine): void;
  onLog?(line: LogLine): void;
  foreignFunctions?: Record<string, ForeignFunction>;
}

export interface Gateway {
  port: number;
  url: string;
  /** Where the further listeners listen, by name. */
  portsBeside: Record<string, number>;
  /** The last lines, oldest first. */
  accessLog: AccessLogLine[];
  /** The module's last log lines, oldest first. */
  logLines: LogLine[];
  /** The module's counters, gauges and histograms by the names it gave them. */
  stats(): Record<string, number>;
  /** Rules of the host that the module broke, traps among them; on Envoy a crash or a hang. */
  violations: string[];
  /** A refused configuration leaves the old one serving; an accepted one serves new streams. */
  reconfigure(configuration: object): { accepted: boolean; messages: string[] };
  /** Size of the module's linear memory. */
  memoryBytes(): number;
  /** Streams that have begun and not ended. */
  openStreams(): number;
  /** Cuts what is open and stops. */
  close(): Promise<void>;
}

const bufferBytesMaxDefault = 1 << 20;

/** Starts the embedded gateway; rejects with the module's reasons when it refuses to start. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const service = new Service(options);
  try {
    const { port: wanted = 0, hostname = "127.0.0.1", beside = {} } = options;
    const port = await service.listen(options.configuration, wanted, hostname);
    const portsBeside: Record<string, number> = {};
    for (const [name, configuration] of Object.entries(beside)) {
      portsBeside[name] = await service.listen(configuration, 0, hostname);
    }
    const url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
    return gatewayOf(service, { port, url, portsBeside });
  } catch (error) {
    await service.close();
    throw error;
  }
}

function gatewayOf(service: Service, at: Pick<Gateway, "port" | "url" | "portsBeside">): Gateway {
  return {
    ...at,
    accessLog: service.accessLog,
    logLines: service.logLines,
    stats: () => service.stats.values(),
    violations: service.violations,
    reconfigure: (configuration) => service.engine.configure(configuration),
    memoryBytes: () => service.engine.memoryBytes,
    openStreams: () => service.streams.size,
    close: () => service.close(),
  };
}

/** All of one gateway but its address. */
class Service {
  readonly accessLog: AccessLogLine[] = [];
  readonly logLines: LogLine[] = [];
  readonly violations: string[] = [];
  readonly stats = new Stats();
  readonly streams = new Set<HttpStream>();
  readonly upstreams: HttpUpstreams;
  readonly engine: Engine;
  readonly #engines: Engine[] = [];
  readonly #listeners: Listener[] = [];
  readonly #streamOptions: StreamOptions;

  constructor(readonly options: GatewayOptions) {
    const { stats, violations } = this;
    const { clock = systemClock, faults, foreignFunctions, logLevel } = options;
    const turns: Turns = new Turns(() => queueMicrotask(() => turns.drain()));
    const onLog = (line: LogLine): void => {
      pushBounded(this.logLines, line);
      options.onLog?.(line);
    };
    this.engine = new Engine({
      loaded: cachedModule(options.wasmPath),
      stopIterationAllowed: options.stopIterationAllowed,
      vm: { clock, faults, foreignFunctions, logLevel, stats, violations, turns, onLog },
    });
    this.upstreams = new HttpUpstreams(options.clusters);
    this.#streamOptions = {
      routes: options.routes,
      upstreams: this.upstreams,
      clock,
      bufferBytesMax: options.bufferBytesMax ?? bufferBytesMaxDefault,
      violations,
      onEnd: (stream) => this.streams.delete(stream),
      onAccessLog: (line) => {
        pushBounded(this.accessLog, line);
        options.onAccessLog?.(line);
      },
    };
  }

  /** Puts a configuration on a port of its own; rejects with the module's reasons if it refuses. */
  async listen(configuration: object, port: number, hostname: string): Promise<number> {
    const engine = this.#engines.length === 0 ? this.engine : this.#engineBeside();
    this.#engines.push(engine);
    const { accepted, messages } = engine.configure(configuration);
    if (!accepted) {
      throw new Error(`the module refuses the configuration:\n${messages.join("\n")}`);
    }
    const listener = new Listener({
      violate: (text) => pushBounded(this.violations, text),
      open: (downstream, headers) => this.#open(engine, downstream, headers),
    });
    this.#listeners.push(listener);
    return listener.listen(port, hostname);
  }

  #engineBeside(): Engine {
    return new Engine({ ...this.engine.options, beside: this.engine });
  }

  #open(engine: Engine, downstream: Downstream, headers: Pairs): HttpStream {
    const chain = (stream: HttpStream): StreamFilter[] => {
      const { root } = engine;
      return root === null ? [] : [new WasmFilter(stream, root)];
    };
    const stream = new HttpStream(downstream, headers, chain, this.#streamOptions);
    this.streams.add(stream);
    return stream;
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) engine.close();
    const closed = this.#listeners.map((listener) => listener.close());
    for (const stream of this.streams) stream.clientGone();
    await Promise.all(closed);
    this.upstreams.close();
  }
}
