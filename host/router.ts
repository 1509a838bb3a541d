import type { Pairs } from "./abi.ts";
import type { ByteBuffer } from "./byte_buffer.ts";
import type { ResetReason, UpstreamEvents, UpstreamExchange } from "./downstream.ts";
import { HeaderMap } from "./header_map.ts";
import type { Sink } from "./pipeline.ts";
import { clusterOf } from "./routes.ts";
import type { HttpStream } from "./stream.ts";
import type { ResponseFlag } from "./stream_info.ts";

const resetFlags: Record<ResetReason, ResponseFlag> = {
  "remote connection failure": "UF",
  "connection timeout": "UF",
  "connection termination": "UC",
  "protocol error": "UPE",
  "remote reset": "UR",
};

const underscored = (text: string): string => text.replaceAll(" ", "_");

/** The end of the request chain: takes the route as it is now, and speaks to the upstream. */
export class Router implements Sink, UpstreamEvents {
  #exchange: UpstreamExchange | null = null;
  #stopTimeout: (() => void) | null = null;
  #stopIdleTimeout: (() => void) | null = null;
  #sentNs = 0n;
  #bodyBytes = 0;
  #responded = false;
  #ended = false;
  /** Declared length of the request, as it left. */
  #declared: number | null = null;

  constructor(readonly stream: HttpStream) {}

  headers(endOfStream: boolean): void {
    const { stream } = this;
    const headers = stream.requestHeaders;
    const route = stream.resolveRoute();
    if (route === null) return this.#reply(404, "route_not_found", "", "NR");
    const cluster = clusterOf(route, headers);
    if (cluster === null || !stream.options.upstreams.has(cluster)) {
      return this.#reply(503, "cluster_not_found", "", "NC");
    }
    const pairs = headers.pairs();
    if (pairs.some(([name, value]) => /[\0\r\n]/.test(name + value))) {
      return this.#reply(503, "invalid_header_value", "");
    }
    stream.info.cluster = cluster;
    stream.info.attempts = 1;
    const length = headers.get("content-length");
    this.#declared = length === null ? null : Number(length);
    this.#sentNs = stream.nowNs();
    this.#moved();
    this.#exchange = stream.options.upstreams.open(cluster, pairs, endOfStream, this);
    stream.info.upstreamAddress = this.#exchange.address;
    if (endOfStream) this.#requestEnded();
  }

  data(chunk: ByteBuffer, endOfStream: boolean): void {
    this.#moved();
    for (const piece of chunk.take()) {
      this.#bodyBytes += piece.length;
      this.#exchange?.data(piece, false);
    }
    if (!endOfStream) return;
    this.#checkLength();
    this.#exchange?.data(new Uint8Array(), true);
    this.#requestEnded();
  }

  trailers(): void {
    this.#checkLength();
    this.#exchange?.trailers(this.stream.requestTrailers?.pairs() ?? []);
    this.#requestEnded();
  }

  #checkLength(): void {
    if (this.#declared === null || this.#declared === this.#bodyBytes) return;
    this.stream.violate(
      `request body of ${this.#bodyBytes} bytes under content-length ${this.#declared}: smuggling`,
    );
  }

  #requestEnded(): void {
    const timeoutMs = this.stream.info.route?.timeoutMs ?? 0;
    if (timeoutMs <= 0 || this.#ended) return;
    this.#stopTimeout = this.stream.options.clock.after(timeoutMs, () => this.timeOut());
  }

  /** The route's time is over. */
  timeOut(): void {
    if (this.#ended) return;
    this.#leave(true);
    this.#reply(504, "response_timeout", "upstream request timeout", "UT");
  }

  /** Something went either way: the idle time begins anew. */
  #moved(): void {
    const idleMs = this.stream.info.route?.idleTimeoutMs ?? 0;
    if (idleMs <= 0 || this.#ended) return;
    this.#stopIdleTimeout?.();
    this.#stopIdleTimeout = this.stream.options.clock.after(idleMs, () => {
      this.#leave(true);
      this.#reply(504, "stream_idle_timeout", "stream timeout", "SI");
    });
  }

  /** Takes leave of the upstream; an unfinished exchange is aborted. */
  #leave(abort: boolean): void {
    this.#ended = true;
    this.#stopTimeout?.();
    this.#stopIdleTimeout?.();
    if (abort) this.#exchange?.abort();
    this.#exchange = null;
  }

  /** The stream is over, in whatever way. */
  destroy(): void {
    if (!this.#ended) this.#leave(true);
  }

  pauseReading(paused: boolean): void {
    this.#exchange?.pauseReading(paused);
  }

  full(paused: boolean): void {
    if (!this.#ended) this.stream.downstream.pauseReading(paused);
  }

  responseHeaders(status: number, headers: Pairs, endOfStream: boolean): void {
    if (this.#ended) return;
    this.#responded = true;
    this.#moved();
    const { stream } = this;
    const { info } = stream;
    info.details = "via_upstream";
    info.responseCode = status;
    const map = new HeaderMap([[":status", String(status)], ...headers]);
    const serviceMs = (stream.nowNs() - this.#sentNs) / 1_000_000n;
    map.replace("x-envoy-upstream-service-time", String(serviceMs));
    if (endOfStream) this.#leave(!stream.decode.ended);
    stream.respond(map, endOfStream);
  }

  responseData(piece: Uint8Array, endOfStream: boolean): void {
    if (this.#ended) return;
    this.#moved();
    if (endOfStream) this.#leave(!this.stream.decode.ended);
    this.stream.encode.data(piece, endOfStream);
  }

  responseTrailers(trailers: Pairs): void {
    if (this.#ended) return;
    this.#leave(!this.stream.decode.ended);
    this.stream.responseTrailers = new HeaderMap(trailers);
    this.stream.encode.trailers();
  }

  reset(reason: ResetReason, detail = ""): void {
    if (this.#ended) return;
    const { info } = this.stream;
    if (detail !== "") info.upstreamFailure = detail;
    this.#leave(false);
    const when = this.#responded ? "after_response_started" : "before_response_started";
    const why = detail === "" ? reason : `${reason}|${detail}`;
    const trouble = "upstream connect error or disconnect/reset before headers";
    const body = `${trouble}. reset reason: ${reason}`;
    const details = `upstream_reset_${when}{${underscored(why)}}`;
    this.#reply(reason === "protocol error" ? 502 : 503, details, body, resetFlags[reason]);
  }

  #reply(status: number, details: string, body: string, flag?: ResponseFlag): void {
    if (flag) this.stream.info.flag(flag);
    this.stream.localReply({ status, details, headers: [], body: Buffer.from(body, "latin1") });
  }
}
