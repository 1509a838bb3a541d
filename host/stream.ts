import { randomUUID } from "node:crypto";
import type { Pairs } from "./abi.ts";
import type { AccessLogLine } from "./access_log.ts";
import { accessLogLine } from "./access_log.ts";
import type { ByteBuffer } from "./byte_buffer.ts";
import type { Clock } from "./clock.ts";
import type { LocalReply } from "./context.ts";
import type { Downstream, Upstreams } from "./downstream.ts";
import { HeaderMap } from "./header_map.ts";
import { Pipeline, type PipelineHost, type Sink, type Stage } from "./pipeline.ts";
import type { PropertySource } from "./properties.ts";
import { Router } from "./router.ts";
import { clusterOf, pickRoute, type RouteRule } from "./routes.ts";
import { StreamInfo } from "./stream_info.ts";

/** A filter on one stream. Requests pass the chain from first to last, responses the other way. */
export interface StreamFilter {
  readonly request: Stage;
  readonly response: Stage;
  log(): void;
  destroy(): void;
}

export interface StreamOptions {
  routes: readonly RouteRule[];
  upstreams: Upstreams;
  clock: Clock;
  bufferBytesMax: number;
  violations: string[];
  onAccessLog(line: AccessLogLine): void;
  /** The very last: all callbacks are over. */
  onEnd?(stream: HttpStream): void;
  metadata?: Record<string, Record<string, unknown>>;
  properties?: Record<string, unknown>;
  /** Ids for requests that bring none; default random. */
  requestId?: () => string;
}

/** Builds the chain of one stream: what a listener's filter configuration is. */
export type FilterChain = (stream: HttpStream) => StreamFilter[];

/**
 * One HTTP stream through the filter chain and the router, with Envoy's rules. The codec feeds
 * headers, data and trailers, or says that the client left; the response goes to `downstream`.
 */
export class HttpStream implements PropertySource, Sink {
  readonly info: StreamInfo;
  readonly requestHeaders: HeaderMap;
  requestTrailers: HeaderMap | null = null;
  responseHeaders: HeaderMap | null = null;
  responseTrailers: HeaderMap | null = null;
  readonly decode: Pipeline;
  readonly encode: Pipeline;
  readonly router: Router;
  readonly filters: StreamFilter[];
  finished = false;
  #routeCached = true;
  #headersSent = false;
  #waitingReply: LocalReply | null = null;
  #bodySent = 0;

  constructor(
    readonly downstream: Downstream,
    headers: Pairs,
    chain: FilterChain,
    readonly options: StreamOptions,
  ) {
    const { protocol, address } = downstream;
    this.info = new StreamInfo(options.clock.nowNs(), protocol, address);
    this.info.metadata = options.metadata ?? {};
    this.info.properties = options.properties ?? {};
    this.requestHeaders = new HeaderMap(headers, true);
    if (this.requestHeaders.get("x-forwarded-proto") === null) {
      this.requestHeaders.add("x-forwarded-proto", "http");
    }
    if (this.requestHeaders.get("x-request-id") === null) {
      this.requestHeaders.add("x-request-id", (options.requestId ?? randomUUID)());
    }
    this.#pickRoute();
    this.filters = chain(this);
    this.router = new Router(this);
    const limit = options.bufferBytesMax;
    const requests = this.filters.map(({ request }) => request);
    const responses = this.filters.map(({ response }) => response).reverse();
    this.decode = new Pipeline(requests, this.router, this.#hostOf("request"), limit);
    this.encode = new Pipeline(responses, this, this.#hostOf("response"), limit);
  }

  #hostOf(direction: "request" | "response"): PipelineHost {
    const stream = this;
    return {
      get finished() {
        return stream.finished;
      },
      tooLarge: () => stream.#tooLarge(direction),
      pauseSource(paused) {
        if (direction === "request") stream.downstream.pauseReading(paused);
        else stream.router.pauseReading(paused);
      },
      returned: () => stream.#returned(),
      continuedInside: () =>
        stream.violate(`continue_stream of a ${direction} from inside its own callback`),
    };
  }

  begin(endOfStream: boolean): void {
    this.decode.headers(endOfStream);
  }

  /** The stream never reaches the filters' headers callback: they see on_log only. */
  refuse(status: number, details: string): void {
    this.localReply({ status, details, headers: [], body: new Uint8Array() });
  }

  requestData(piece: Uint8Array, endOfStream: boolean): void {
    if (this.finished) return;
    this.info.bytesReceived += piece.length;
    this.decode.data(piece, endOfStream);
  }

  requestEndedWith(trailers: Pairs): void {
    if (this.finished) return;
    this.requestTrailers = new HeaderMap(trailers);
    this.decode.trailers();
  }

  /** The client is gone: its connection closed, or its HTTP/2 stream was reset. */
  clientGone(how: "disconnect" | "reset" = "disconnect"): void {
    if (this.finished) return;
    const reset = how === "reset";
    this.info.flag(reset ? "DR" : "DC");
    this.info.details = reset ? "http2.remote_reset" : "downstream_remote_disconnect";
    this.#finish();
  }

  /** The router has response headers, or a local reply has. */
  respond(headers: HeaderMap, endOfStream: boolean): void {
    if (this.finished) return;
    this.responseHeaders = headers;
    this.encode.headers(endOfStream);
  }

  /**
   * Answers in the upstream's stead, as Envoy does: before a response exists through the response
   * callbacks; while its headers are held, past them; once they are out the stream is cut.
   */
  localReply(reply: LocalReply): void {
    if (this.finished) return;
    this.info.details = reply.details;
    if (this.decode.running) this.decode.aborted = true;
    else if (this.encode.running) this.encode.aborted = true;
    if (this.responseHeaders === null) {
      if (this.decode.running) this.#waitingReply ??= reply;
      else this.#sendThroughFilters(reply);
    } else if (!this.#headersSent) {
      this.#sendPastFilters(reply);
    } else {
      this.close();
    }
  }

  #returned(): void {
    const reply = this.#waitingReply;
    this.#waitingReply = null;
    if (reply !== null && this.responseHeaders === null) this.#sendThroughFilters(reply);
  }

  #sendThroughFilters(reply: LocalReply): void {
    // On its way out a reply looks at its route again, and the log shows that one's cluster.
    if (this.info.attempts === 0) this.resolveRoute();
    this.decode.aborted = true;
    this.router.destroy();
    const empty = reply.body.length === 0;
    this.respond(replyHeaders(reply), empty);
    if (!empty && !this.finished) this.encode.data(reply.body, true);
  }

  #sendPastFilters(reply: LocalReply): void {
    this.encode.aborted = true;
    this.router.destroy();
    this.responseHeaders = replyHeaders(reply);
    this.info.bytesSent = 0;
    this.#sendHeaders(reply.body.length === 0);
    if (reply.body.length > 0) this.#sendData(reply.body, true);
  }

  #tooLarge(direction: "request" | "response"): void {
    const request = direction === "request";
    const text = request ? "Payload Too Large" : "Internal Server Error";
    const details = `${direction}_payload_too_large`;
    const status = request ? 413 : 500;
    this.localReply({ status, details, headers: [], body: Buffer.from(text) });
  }

  /** Cuts the response: the client sees it end before its time. */
  close(): void {
    if (this.finished) return;
    this.downstream.reset();
    this.#finish();
  }

  /** Response sink: past all filters. */
  headers(endOfStream: boolean): void {
    this.#sendHeaders(endOfStream);
  }

  data(chunk: ByteBuffer, endOfStream: boolean): void {
    for (const piece of chunk.take()) this.#sendData(piece, false);
    if (endOfStream) this.#sendData(new Uint8Array(), true);
  }

  trailers(): void {
    this.#checkLength();
    this.downstream.trailers(this.responseTrailers?.pairs() ?? []);
    this.#finish();
  }

  #sendHeaders(endOfStream: boolean): void {
    const map = this.responseHeaders as HeaderMap;
    const status = Number(map.get(":status") ?? 0);
    this.#headersSent = true;
    this.info.responseCode = status;
    const headers = map.pairs().filter(([name]) => !name.startsWith(":"));
    this.downstream.headers(status, headers, endOfStream);
    if (endOfStream) this.#finish();
  }

  #sendData(piece: Uint8Array, endOfStream: boolean): void {
    if (this.finished) return;
    this.#bodySent += piece.length;
    this.info.bytesSent = this.#bodySent;
    if (endOfStream) this.#checkLength();
    if (piece.length > 0 || endOfStream) this.downstream.data(piece, endOfStream);
    if (endOfStream) this.#finish();
  }

  #checkLength(): void {
    const declared = this.responseHeaders?.get("content-length") ?? null;
    if (declared === null || Number(declared) === this.#bodySent) return;
    if (this.requestHeaders.get(":method") === "HEAD" || this.info.responseCode === 304) return;
    this.violate(`response body of ${this.#bodySent} bytes under content-length ${declared}`);
  }

  /** The last things of every stream: on_log, the access log, on_done, on_delete. */
  #finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.router.destroy();
    this.info.endNs = this.nowNs();
    for (const filter of this.filters) filter.log();
    this.options.onAccessLog(accessLogLine(this));
    for (const filter of this.filters) filter.destroy();
    this.options.onEnd?.(this);
  }

  /** The route for the headers as they are now, if an edit has made the old one void. */
  resolveRoute(): RouteRule | null {
    if (!this.#routeCached) this.#pickRoute();
    return this.info.route;
  }

  #pickRoute(): void {
    this.#routeCached = true;
    this.info.route = pickRoute(this.options.routes, this.requestHeaders);
    const cluster = this.info.route && clusterOf(this.info.route, this.requestHeaders);
    const known = cluster !== null && this.options.upstreams.has(cluster);
    this.info.cluster = known ? cluster : null;
  }

  /** Until a route is picked anew, a request that was not sent yet has no cluster. */
  clearRouteCache(): void {
    this.#routeCached = false;
    if (this.info.attempts === 0) this.info.cluster = null;
  }

  violate(text: string): void {
    this.options.violations.push(text);
  }

  nowNs(): bigint {
    return this.options.clock.nowNs();
  }
}

function replyHeaders(reply: LocalReply): HeaderMap {
  const map = new HeaderMap([[":status", String(reply.status)]]);
  for (const [name, value] of reply.headers) map.add(name, value);
  if (reply.body.length === 0) {
    map.remove("content-length");
    map.remove("content-type");
    return map;
  }
  map.replace("content-length", String(reply.body.length));
  if (map.get("content-type") === null) map.add("content-type", "text/plain");
  return map;
}
