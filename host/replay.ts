import type { AccessLogLine } from "./access_log.ts";
import type { RouteRule } from "./routes.ts";

export type Pairs = [string, string][];

/** What the client sends. Header values are byte strings (one character a byte). */
export interface ReplayRequest {
  method: string;
  path: string;
  headers?: Pairs;
  /** Absent: no body, so the headers carry the end of the stream. */
  chunks?: Uint8Array[];
  trailers?: Pairs;
  /** True: the last chunk carries the end of the stream, as an HTTP/2 frame may. */
  endWithLastChunk?: boolean;
  /** The client leaves after this many request chunks (0: after the headers). */
  abortAfterChunk?: number;
}

/** What reached the upstream. */
export interface UpstreamRequest {
  cluster: string;
  method: string;
  path: string;
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

export interface ReplayOptions {
  /** Path or bytes of the .wasm; one Vm is kept for each module and configuration. */
  module: string | Uint8Array;
  configuration: object;
  request: ReplayRequest;
  respond: (request: UpstreamRequest) => ScriptedResponse;
  /** `headers`: the upstream answers as soon as it has the request headers. Default `end`. */
  respondAt?: "headers" | "end";
  /** Default: every path leads to cluster `upstream`. */
  routes?: RouteRule[];
  stopIterationAllowed?: boolean;
  bufferBytesMax?: number;
  /** Unix time of the run in milliseconds; default a fixed one. */
  nowMs?: number;
  /** Answers the module's foreign calls by name. */
  foreignFunctions?: Record<string, (argument: Uint8Array) => Uint8Array | null>;
  /** Overrides properties, keyed by the dotted path, such as `connection.mtls`. */
  properties?: Record<string, unknown>;
  /** Dynamic metadata by namespace. */
  metadata?: Record<string, Record<string, unknown>>;
}

export interface ReplayResult {
  upstreamRequest: UpstreamRequest | null;
  /** Null: nothing was sent to the client. */
  clientResponse: ClientResponse | null;
  /** Null only when the module hung; `violations` then says so. */
  accessLog: AccessLogLine | null;
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

/** Drives one request and its scripted response through the module, in memory and at once. */
export function replay(_options: ReplayOptions): ReplayResult {
  throw new Error("no driver");
}
