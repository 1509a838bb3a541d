import type { RouteRule } from "./routes.ts";

/** Envoy's response flags that this host can raise: the text of access logs, and the bit. */
export const responseFlags = {
  UT: 1 << 2,
  UR: 1 << 4,
  UF: 1 << 5,
  UC: 1 << 6,
  NR: 1 << 8,
  DC: 1 << 14,
  SI: 1 << 16,
  UPE: 1 << 23,
  NC: 1 << 24,
  DR: 1 << 28,
} as const;

export type ResponseFlag = keyof typeof responseFlags;

/** What is known of one stream apart from its headers: properties and access logs read it. */
export class StreamInfo {
  endNs: bigint | null = null;
  responseCode: number | null = null;
  details: string | null = null;
  flags = 0;
  route: RouteRule | null = null;
  cluster: string | null = null;
  upstreamAddress: string | null = null;
  upstreamFailure: string | null = null;
  attempts = 0;
  bytesReceived = 0;
  bytesSent = 0;
  /** Filter state by its full key, such as `wasm.tokenstile.model`. */
  filterState = new Map<string, Uint8Array>();
  metadata: Record<string, Record<string, unknown>> = {};
  /** Values that replace a property, by dotted path: what a test or a TLS front knows. */
  properties: Record<string, unknown> = {};

  constructor(
    readonly startNs: bigint,
    readonly protocol: string,
    readonly clientAddress: string,
  ) {}

  flag(name: ResponseFlag): void {
    this.flags |= responseFlags[name];
  }

  /** As `%RESPONSE_FLAGS%` prints them. */
  get flagsText(): string {
    const names = Object.entries(responseFlags).filter(([, bit]) => this.flags & bit);
    return names.map(([name]) => name).join(",") || "-";
  }
}
