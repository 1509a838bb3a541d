import { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import type { Pairs } from "./abi.ts";
import type { ResetReason, UpstreamEvents, UpstreamExchange, Upstreams } from "./downstream.ts";
import { endToEndPairs } from "./hop_headers.ts";

const nothing = new Uint8Array();
const bodiless = new Set([204, 304]);
const connectTimeoutMs = 5_000;

/** Envoy's words for a system's connect errors. */
const connectFailures: Record<string, string> = {
  ECONNREFUSED: "delayed connect error: Connection refused",
  EHOSTUNREACH: "immediate connect error: No route to host",
  ENETUNREACH: "immediate connect error: Network is unreachable",
  ENOTFOUND: "name not resolved",
  EAI_AGAIN: "name not resolved",
  ETIMEDOUT: "delayed connect error: Connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "connect timeout",
};

/** Upstream clusters by name, each one origin, reached by pooled HTTP/1.1 connections. */
export class HttpUpstreams implements Upstreams {
  #pools = new Map<string, { url: URL; pool: Pool }>();

  constructor(clusters: Record<string, { url: string }>) {
    for (const [name, { url }] of Object.entries(clusters)) {
      const target = new URL(url);
      const pool = new Pool(target.origin, {
        // The route's timeout is the only one; the driver keeps it.
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: { timeout: connectTimeoutMs },
      });
      this.#pools.set(name, { url: target, pool });
    }
  }

  has(cluster: string): boolean {
    return this.#pools.has(cluster);
  }

  open(cluster: string, headers: Pairs, eos: boolean, events: UpstreamEvents): UpstreamExchange {
    const { url, pool } = this.#pools.get(cluster) as { url: URL; pool: Pool };
    return new HttpExchange(pool, url, headers, eos, events);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(({ pool }) => pool.destroy()));
  }
}

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.startsWith("[");

/** One request to an upstream and its response. */
class HttpExchange implements UpstreamExchange, Dispatcher.DispatchHandler {
  readonly address: string;
  #body: Readable | null;
  #controller: Dispatcher.DispatchController | null = null;
  #full = false;
  #over = false;
  #paused = false;
  #responded = false;
  #ended = false;

  constructor(
    pool: Pool,
    url: URL,
    headers: Pairs,
    endOfStream: boolean,
    readonly events: UpstreamEvents,
  ) {
    const port = url.port || (url.protocol === "https:" ? "443" : "80");
    this.address = `${url.hostname}:${port}`;
    this.#body = endOfStream ? null : new Readable({ read: () => this.#drained() });
    this.#body?.on("error", () => {});
    const value = (name: string): string => headers.find(([key]) => key === name)?.[1] ?? "";
    const host = isAddress(url.hostname) ? value(":authority") : url.host;
    this.#method = value(":method");
    const fields = headers.filter(([name]) => !name.startsWith(":") && name !== "host");
    pool.dispatch(
      {
        method: this.#method as Dispatcher.HttpMethod,
        path: value(":path"),
        headers: [["host", host] as [string, string], ...fields].flat(),
        body: this.#body,
      },
      this,
    );
  }

  readonly #method: string;

  #drained(): void {
    if (!this.#full) return;
    this.#full = false;
    this.events.full(false);
  }

  data(piece: Uint8Array, endOfStream: boolean): void {
    const body = this.#body;
    if (body === null || body.destroyed) return;
    if (piece.length > 0 && !body.push(piece) && !this.#full) {
      this.#full = true;
      this.events.full(true);
    }
    if (endOfStream) body.push(null);
  }

  /** undici cannot send trailers; Envoy's HTTP/1.1 codec drops them too unless told otherwise. */
  trailers(): void {
    this.#body?.push(null);
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller?.abort(new Error("the stream has ended"));
    this.#body?.destroy();
  }

  pauseReading(paused: boolean): void {
    this.#paused = paused;
    if (this.#over) return;
    if (paused) this.#controller?.pause();
    else this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error("the stream has ended"));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#over || status < 200) return;
    this.#responded = true;
    const flat = Object.entries(headers).flatMap(([name, values]) =>
      [values ?? []].flat().flatMap((value) => [name, value]),
    );
    const empty = headers["content-length"] === "0" || bodiless.has(status);
    this.#ended = empty || this.#method === "HEAD";
    this.events.responseHeaders(status, endToEndPairs(flat), this.#ended);
    if (this.#paused) this.#controller?.pause();
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    if (!this.#over && !this.#ended) this.events.responseData(piece, false);
  }

  onResponseEnd(
    _controller: Dispatcher.DispatchController,
    trailers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#ended) return;
    const pairs = Object.entries(trailers ?? {}).map(([name, value]) => [name, String(value)]);
    if (pairs.length > 0) this.events.responseTrailers(endToEndPairs(pairs.flat()));
    else this.events.responseData(nothing, true);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#body?.destroy();
    const { reason, detail } = this.#reasonOf(error);
    // dispatch may fail before the router has this exchange in hand.
    queueMicrotask(() => this.events.reset(reason, detail));
  }

  #reasonOf(error: Error): { reason: ResetReason; detail?: string } {
    const code = (error as { code?: string }).code ?? "";
    const connecting = this.#responded ? undefined : connectFailures[code];
    if (connecting) return { reason: "remote connection failure", detail: connecting };
    if (code.startsWith("ERR_TLS") || code.startsWith("ERR_SSL") || /CERT/.test(code)) {
      return { reason: "remote connection failure", detail: `TLS error: ${code}` };
    }
    const cutShort = code === "UND_ERR_SOCKET" && this.#responded;
    const malformed =
      error.name === "HTTPParserError" || code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH";
    return { reason: cutShort || malformed ? "protocol error" : "connection termination" };
  }
}
