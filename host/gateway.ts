import type { AccessLogLine } from "./access_log.ts";
import type { RouteRule } from "./routes.ts";

export interface GatewayOptions {
  wasmPath: string;
  configuration: object;
  /** Envoy's `allow_on_headers_stop_iteration`; default true. */
  stopIterationAllowed?: boolean;
  routes: RouteRule[];
  clusters: Record<string, { url: string }>;
  port?: number;
  /** Default 127.0.0.1. */
  hostname?: string;
  /** Default 1 MiB. */
  bufferBytesMax?: number;
  onAccessLog?(line: AccessLogLine): void;
  onLog?(line: LogLine): void;
  foreignFunctions?: Record<string, (argument: Uint8Array) => Uint8Array | null>;
}

export interface LogLine {
  level: string;
  message: string;
}

export interface Gateway {
  port: number;
  url: string;
  accessLog: AccessLogLine[];
  logLines: LogLine[];
  stats(): Record<string, number>;
  violations: string[];
  /** A refused configuration leaves the old one serving; an accepted one serves new streams. */
  reconfigure(configuration: object): { accepted: boolean; messages: string[] };
  /** Size of the module's linear memory. */
  memoryBytes(): number;
  close(): Promise<void>;
}

/** Starts the embedded gateway; rejects with the module's reasons when it refuses to start. */
export function startGateway(_options: GatewayOptions): Promise<Gateway> {
  return Promise.reject(new Error("no driver"));
}
