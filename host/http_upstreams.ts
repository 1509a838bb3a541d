import http from "node:http";
import https from "node:https";
import { isIP, type Socket } from "node:net";
import type { Pairs } from "./abi.ts";
import type { ResetReason, UpstreamEvents, UpstreamExchange, Upstreams } from "./downstream.ts";
import { endToEndPairs } from "./hop_headers.ts";

const nothing = new Uint8Array();
const bodiless = new Set([204, 304]);
/** Envoy's default. */
const connectTimeoutMsDefault = 5_000;
const connectTimedOut = "CONNECT_TIMED_OUT";

/** Envoy's words for a system's connect errors. */
const connectFailures: Record<string, string> = {
  ECONNREFUSED: "delayed connect error: Connection refused",
  EHOSTUNREACH: "immediate connect error: No route to host",
  ENETUNREACH: "immediate connect error: Network is unreachable",
  ENOTFOUND: "name not resolved",
  EAI_AGAIN: "name not resolved",
  ETIMEDOUT: "delayed connect error: Connection timed out",
};

/** An upstream by its address, such as `https://api.openai.com`. */
export interface UpstreamCluster {
  url: string;
  /** How long to wait for a connection; 5 s unless told. */
  connectTimeoutMs?: number;
}

interface Cluster {
  url: URL;
  connectTimeoutMs: number;
  agent: http.Agent;
}

/**
 * Upstream clusters by name, each one origin, reached by pooled HTTP/1.1 connections. Node's own
 * client: it streams, and sends and reads trailers.
 */
export class HttpUpstreams implements Upstreams {
  #clusters = new Map<string, Cluster>();

  constructor(clusters: Record<string, UpstreamCluster>) {
    for (const [name, { url, connectTimeoutMs }] of Object.entries(clusters)) {
      const target = new URL(url);
      const secure = target.protocol === "https:";
      const agent = new (secure ? https : http).Agent({ keepAlive: true });
      const patienceMs = connectTimeoutMs ?? connectTimeoutMsDefault;
      this.#clusters.set(name, { url: target, agent, connectTimeoutMs: patienceMs });
    }
  }

  has(cluster: string): boolean {
    return this.#clusters.has(cluster);
  }

  open(cluster: string, headers: Pairs, eos: boolean, events: UpstreamEvents): UpstreamExchange {
    return new HttpExchange(this.#clusters.get(cluster) as Cluster, headers, eos, events);
  }

  close(): void {
    for (const { agent } of this.#clusters.values()) agent.destroy();
  }
}

/** One request to an upstream and its response. */
class HttpExchange implements UpstreamExchange {
  readonly address: string;
  readonly #request: http.ClientRequest;
  readonly #isHead: boolean;
  readonly #lengthDeclared: number | null;
  #lengthSent = 0;
  #response: http.IncomingMessage | null = null;
  #full = false;
  #over = false;
  #paused = false;

  constructor(
    { url, agent, connectTimeoutMs }: Cluster,
    headers: Pairs,
    endOfStream: boolean,
    readonly events: UpstreamEvents,
  ) {
    const secure = url.protocol === "https:";
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    this.address = `${url.hostname}:${url.port || (secure ? "443" : "80")}`;
    const value = (name: string): string | null =>
      headers.find(([key]) => key === name)?.[1] ?? null;
    const length = value("content-length");
    this.#lengthDeclared = length === null ? null : Number(length);
    this.#isHead = value(":method") === "HEAD";
    const authority = isIP(host) === 0 ? url.host : (value(":authority") ?? url.host);
    this.#request = (secure ? https : http).request({
      agent,
      host,
      port: url.port || undefined,
      servername: secure && isIP(host) === 0 ? host : undefined,
      method: value(":method") ?? "GET",
      path: value(":path") ?? "/",
      headers: wireHeaders(headers, authority, endOfStream).flat(),
    });
    this.#listen(connectTimeoutMs);
    if (endOfStream) this.#request.end();
    else this.#request.flushHeaders();
  }

  #listen(connectTimeoutMs: number): void {
    const request = this.#request;
    request.on("socket", (socket) => limitConnect(request, socket, connectTimeoutMs));
    request.on("drain", () => this.#setFull(false));
    request.on("error", (error) => this.#failed(error));
    request.on("response", (response) => this.#respond(response));
  }

  #setFull(full: boolean): void {
    if (this.#full === full || this.#over) return;
    this.#full = full;
    this.events.full(full);
  }

  data(piece: Uint8Array, endOfStream: boolean): void {
    if (this.#over) return;
    this.#lengthSent += piece.length;
    const declared = this.#lengthDeclared ?? this.#lengthSent;
    const mismatch = endOfStream ? this.#lengthSent !== declared : this.#lengthSent > declared;
    if (mismatch) return this.#mismatched();
    if (piece.length > 0 && !this.#request.write(piece)) this.#setFull(true);
    if (endOfStream) this.#request.end();
  }

  /** Bytes past the declared length would be read as the next request: never send them. */
  #mismatched(): void {
    this.abort();
    queueMicrotask(() => this.events.reset("protocol error"));
  }

  trailers(trailers: Pairs): void {
    if (this.#over) return;
    if (this.#lengthDeclared === null) this.#request.addTrailers(trailers);
    this.#request.end();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#request.destroy();
  }

  pauseReading(paused: boolean): void {
    this.#paused = paused;
    if (paused) this.#response?.pause();
    else this.#response?.resume();
  }

  #respond(response: http.IncomingMessage): void {
    if (this.#over) {
      response.destroy();
      return;
    }
    this.#response = response;
    const { statusCode = 0, headers } = response;
    const empty = headers["content-length"] === "0" || bodiless.has(statusCode);
    const ended = empty || this.#isHead;
    response.on("error", (error) => this.#failed(error));
    response.on("data", (piece: Uint8Array) => {
      if (!this.#over && !ended) this.events.responseData(piece, false);
    });
    response.on("end", () => {
      if (this.#over) return;
      this.#over = true;
      if (!ended) this.#ended(endToEndPairs(response.rawTrailers));
    });
    this.events.responseHeaders(statusCode, endToEndPairs(response.rawHeaders), ended);
    if (this.#paused) response.pause();
  }

  #ended(trailers: Pairs): void {
    if (trailers.length > 0) this.events.responseTrailers(trailers);
    else this.events.responseData(nothing, true);
  }

  #failed(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    const { reason, detail } = this.#reasonOf((error as { code?: string }).code ?? "");
    this.#request.destroy();
    this.events.reset(reason, detail);
  }

  /** As Envoy names it: a response that breaks off is a breach of HTTP/1.1. */
  #reasonOf(code: string): { reason: ResetReason; detail?: string } {
    if (this.#response !== null || code.startsWith("HPE_")) return { reason: "protocol error" };
    if (code === connectTimedOut) return { reason: "connection timeout" };
    const detail = connectFailures[code];
    if (detail !== undefined) return { reason: "remote connection failure", detail };
    if (/^ERR_(TLS|SSL)|CERT|UNABLE_TO|EPROTO/.test(code)) {
      return { reason: "remote connection failure", detail: `TLS_error: ${code}` };
    }
    return { reason: "connection termination" };
  }
}

/** The host of the cluster, and framing that node then follows. */
function wireHeaders(headers: Pairs, authority: string, endOfStream: boolean): Pairs {
  const fields = headers.filter(([name]) => !name.startsWith(":") && name !== "host");
  const wire: Pairs = [["host", authority], ...fields];
  if (fields.some(([name]) => name === "content-length")) return wire;
  if (!endOfStream) wire.push(["transfer-encoding", "chunked"]);
  else if (/^(POST|PUT|PATCH)$/.test(headers.find(([name]) => name === ":method")?.[1] ?? "")) {
    wire.push(["content-length", "0"]);
  }
  return wire;
}

function limitConnect(request: http.ClientRequest, socket: Socket, patienceMs: number): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => {
    request.destroy(Object.assign(new Error("connect timeout"), { code: connectTimedOut }));
  }, patienceMs);
  socket.once("connect", () => clearTimeout(timer));
  socket.once("close", () => clearTimeout(timer));
}
