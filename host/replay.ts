import type { Pairs } from "./abi.ts";
import type { AccessLogLine } from "./access_log.ts";
import type { ResetReason } from "./downstream.ts";
import type { ForeignFunction } from "./foreign.ts";
import { Replayer } from "./replayer.ts";
import type { RouteRule } from "./routes.ts";

export type { Pairs };

/** What the client sends. Header values are byte strings (one character a byte). */
export interface ReplayRequest {
  method: string;
  path: string;
  headers?: Pairs;
  /** Absent: no body, so the headers carry the end of the stream. */
  chunks?: Uint8Array[];
  trailers?: Pairs;
  /** Default `gateway.test`. */
  authority?: string;
  /** True: the last chunk carries the end of the stream, as an HTTP/2 frame may. */
  endWithLastChunk?: boolean;
  /** The client leaves after this many request chunks (0: after the headers). */
  abortAfterChunk?: number;
}

/** What reached the upstream. */
export interface UpstreamRequest {
  cluster: string;
  authority: string;
  method: string;
  path: string;
  /** Without pseudo headers. */
  headers: Pairs;
  chunks: Uint8Array[];
  body: Uint8Array;
  trailers: Pairs | null;
  /** False: the request was cut before its end. */
  complete: boolean;
}

/** What the upstream does. */
export interface ScriptedResponse {
  status: number;
  headers?: Pairs;
  chunks?: Uint8Array[];
  trailers?: Pairs;
  endWithLastChunk?: boolean;
  /** The client leaves after this many response chunks (0: after the headers). */
  abortAfterChunk?: number;
  /** The upstream resets after this many response chunks (0: after the headers, -1: before). */
  resetAfterChunk?: number;
  /** The upstream cannot be reached. */
  refused?: boolean;
  /** The route's timeout passes after this many response chunks (-1: before the headers). */
  timeoutAfterChunk?: number;
  /** The clock moves on by this before each response chunk. */
  chunkDelayMs?: number;
}

export interface ClientResponse {
  status: number;
  headers: Pairs;
  chunks: Uint8Array[];
  body: Uint8Array;
  trailers: Pairs | null;
  /** False: cut before its end. */
  complete: boolean;
}

/** One run: what the client and the upstream do, and what the host knows beside. */
export interface ReplayRun {
  request: ReplayRequest;
  respond: (request: UpstreamRequest) => ScriptedResponse;
  /** `headers`: the upstream answers as soon as it has the request headers. Default `end`. */
  respondAt?: "headers" | "end";
  /** How a scripted reset looks; default as an HTTP/1.1 upstream that drops the connection. */
  resetReason?: ResetReason;
  /** Default: every path leads to cluster `upstream`. */
  routes?: RouteRule[];
  /** Known clusters; default: any name is one. */
  clusters?: string[];
  bufferBytesMax?: number;
  /** Answers the module's foreign calls by name. */
  foreignFunctions?: Record<string, ForeignFunction>;
  /** Overrides properties, keyed by the dotted path, such as `connection.mtls`. */
  properties?: Record<string, unknown>;
  /** Dynamic metadata by namespace. */
  metadata?: Record<string, Record<string, unknown>>;
}

export interface ReplayOptions extends ReplayRun {
  /** Path or bytes of the .wasm; one Vm is kept for each module and configuration. */
  module: string | Uint8Array;
  configuration: object;
  stopIterationAllowed?: boolean;
  /** Unix time of the run in milliseconds; default a fixed one. */
  nowMs?: number;
}

export interface ReplayResult {
  upstreamRequest: UpstreamRequest | null;
  /** Null: nothing was sent to the client. */
  clientResponse: ClientResponse | null;
  /** Of a stream that hung: the line when the client gave up, and `violations` says so. */
  accessLog: AccessLogLine;
  /** Filter state written by the module, without the `wasm.` prefix. */
  properties: Record<string, string>;
  stats: Record<string, number>;
  /** Rules of the host that the module broke; on a real Envoy a crash, a hang or smuggling. */
  violations: string[];
  /** Why the VM died in this run. */
  trap: string | null;
  logLines: { level: string; message: string }[];
  /** The callbacks in order, as `request_headers(eos)`. */
  callbacks: string[];
}

const replayersMax = 16;
const replayers = new Map<string, { module: string | Uint8Array; replayer: Replayer }>();

/**
 * Drives one request and its scripted response through the module, in memory and at once. Each run
 * starts from the same state (shared data, clock, metrics), so equal options give equal results.
 * Throws when the module refuses the configuration, with its log lines.
 */
export function replay(options: ReplayOptions): ReplayResult {
  const { module, configuration, stopIterationAllowed = true } = options;
  const title = typeof module === "string" ? module : "bytes";
  const key = `${title}\0${stopIterationAllowed}\0${JSON.stringify(configuration)}`;
  const known = replayers.get(key);
  const usable = known?.module === module && known.replayer.fresh(options.nowMs);
  const replayer = usable
    ? known.replayer
    : new Replayer({ module, configuration, stopIterationAllowed, nowMs: options.nowMs });
  replayers.delete(key);
  replayers.set(key, { module, replayer });
  const [oldest] = replayers.keys();
  if (replayers.size > replayersMax && oldest !== undefined) replayers.delete(oldest);
  return replayer.run(options);
}
