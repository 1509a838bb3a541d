import http from "node:http";
import http2 from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Pairs } from "./abi.ts";
import type { AccessLogLine } from "./access_log.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Downstream } from "./downstream.ts";
import { Engine } from "./engine.ts";
import type { Faults } from "./faults.ts";
import type { ForeignFunction } from "./foreign.ts";
import type { FrontHost } from "./front.ts";
import { serveHttp1 } from "./front_http1.ts";
import { serveHttp2 } from "./front_http2.ts";
import { HttpUpstreams } from "./http_upstreams.ts";
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
  clusters: Record<string, { url: string }>;
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
/** Envoy's default for all headers of a request. */
const headersBytesMax = 60 * 1024;

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
class Service implements FrontHost {
  readonly accessLog: AccessLogLine[] = [];
  readonly logLines: LogLine[] = [];
  readonly violations: string[] = [];
  readonly stats = new Stats();
  readonly streams = new Set<HttpStream>();
  readonly upstreams: HttpUpstreams;
  readonly engine: Engine;
  readonly #sockets = new Set<Socket>();
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

  violate(text: string): void {
    pushBounded(this.violations, text);
  }

  open(downstream: Downstream, headers: Pairs): HttpStream {
    const chain = (stream: HttpStream): StreamFilter[] => {
      const { root } = this.engine;
      return root === null ? [] : [new WasmFilter(stream, root)];
    };
    const stream = new HttpStream(downstream, headers, chain, this.#streamOptions);
    this.streams.add(stream);
    return stream;
  }

  /** HTTP/1.1 and HTTP/2 with prior knowledge on one port, told apart by the first bytes. */
  listener(): Server {
    const http1 = http.createServer(
      { requireHostHeader: false, maxHeaderSize: headersBytesMax, requestTimeout: 0 },
      (request, response) => serveHttp1(request, response, this),
    );
    const h2 = http2.createServer();
    h2.on("sessionError", () => {});
    h2.on("stream", (wire, headers, _flags, raw?: string[]) =>
      serveHttp2(wire, headers, raw ?? [], this),
    );
    return createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      this.#sniff(socket, (isHttp2) => (isHttp2 ? h2 : http1).emit("connection", socket));
    });
  }

  #sniff(socket: Socket, decided: (isHttp2: boolean) => void): void {
    const preface = "PRI";
    let head = Buffer.alloc(0);
    const look = (): void => {
      const more = socket.read() as Buffer | null;
      if (more === null) return;
      head = Buffer.concat([head, more]);
      const start = head.toString("latin1", 0, preface.length);
      if (head.length < preface.length && preface.startsWith(start)) return;
      socket.off("readable", look);
      socket.unshift(head);
      decided(start === preface);
    };
    socket.on("readable", look);
  }

  async close(server: Server): Promise<void> {
    this.engine.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    for (const stream of this.streams) stream.clientGone();
    await closed;
    this.upstreams.close();
  }
}
