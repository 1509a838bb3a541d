import type { Pairs } from "./abi.ts";

/** The client's side of a stream: where the response goes. */
export interface Downstream {
  /** `HTTP/1.1` or `HTTP/2`. */
  readonly protocol: string;
  readonly address: string;
  headers(status: number, headers: Pairs, endOfStream: boolean): void;
  data(piece: Uint8Array, endOfStream: boolean): void;
  trailers(trailers: Pairs): void;
  /** Cuts the response short; what was sent before still arrives. */
  reset(): void;
  /** Stops or restarts reading the client's body. */
  pauseReading(paused: boolean): void;
}

/** What an upstream reports to the router. */
export interface UpstreamEvents {
  responseHeaders(status: number, headers: Pairs, endOfStream: boolean): void;
  responseData(piece: Uint8Array, endOfStream: boolean): void;
  responseTrailers(trailers: Pairs): void;
  /** Before or after the response began. */
  reset(reason: ResetReason, detail?: string): void;
  /** The request's way is full (true) or free again. */
  full(paused: boolean): void;
}

/** Envoy's words for how an upstream went away. */
export type ResetReason =
  | "remote connection failure"
  | "connection timeout"
  | "connection termination"
  | "protocol error"
  | "remote reset";

/** One request on its way to an upstream. */
export interface UpstreamExchange {
  readonly address: string;
  data(piece: Uint8Array, endOfStream: boolean): void;
  trailers(trailers: Pairs): void;
  abort(): void;
  /** Stops or restarts reading the response. */
  pauseReading(paused: boolean): void;
}

/** Where the router sends requests. */
export interface Upstreams {
  has(cluster: string): boolean;
  open(
    cluster: string,
    headers: Pairs,
    endOfStream: boolean,
    events: UpstreamEvents,
  ): UpstreamExchange;
}
