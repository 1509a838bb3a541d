import type { IncomingMessage, ServerResponse } from "node:http";
import type { Pairs } from "./abi.ts";
import type { Downstream } from "./downstream.ts";
import { type FrontHost, safeHeaders, safeStatus } from "./front.ts";
import { endToEndPairs } from "./hop_headers.ts";
import type { HttpStream } from "./stream.ts";

const nothing = new Uint8Array();
const bodiless = new Set([204, 304]);

/** One HTTP/1.1 exchange of node's server, as a stream's client. */
class Http1Downstream implements Downstream {
  readonly protocol: string;
  readonly address: string;
  stream: HttpStream | null = null;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly host: FrontHost,
  ) {
    const { remoteAddress = "", remotePort = 0 } = request.socket;
    this.protocol = `HTTP/${request.httpVersion}`;
    this.address = `${remoteAddress}:${remotePort}`;
    response.on("drain", () => this.stream?.router.pauseReading(false));
  }

  headers(status: number, headers: Pairs, endOfStream: boolean): void {
    const sent = safeHeaders(headers, this.host);
    const code = safeStatus(status, this.host);
    const sized = sent.some(([name]) => name === "content-length");
    const silent = this.request.method === "HEAD" || bodiless.has(code);
    if (endOfStream && !sized && !silent) sent.push(["content-length", "0"]);
    this.response.writeHead(code, sent.flat());
    if (endOfStream) this.response.end();
    else this.response.flushHeaders();
  }

  data(piece: Uint8Array, endOfStream: boolean): void {
    if (piece.length > 0 && !this.response.write(piece)) this.stream?.router.pauseReading(true);
    if (endOfStream) this.response.end();
  }

  trailers(trailers: Pairs): void {
    if (this.response.chunkedEncoding) this.response.addTrailers(trailers);
    this.response.end();
  }

  reset(): void {
    this.request.socket.destroySoon();
  }

  pauseReading(paused: boolean): void {
    if (paused) this.request.pause();
    else this.request.resume();
  }
}

/** Serves one request of a node:http server. */
export function serveHttp1(
  request: IncomingMessage,
  response: ServerResponse,
  host: FrontHost,
): void {
  const authority = request.headers.host;
  const fields = endToEndPairs(request.rawHeaders).filter(([name]) => name !== "host");
  const pseudo: Pairs = [
    [":authority", authority ?? ""],
    [":path", request.url ?? "/"],
    [":method", request.method ?? "GET"],
    [":scheme", "http"],
  ];
  const downstream = new Http1Downstream(request, response, host);
  const stream = host.open(downstream, [...pseudo, ...fields]);
  downstream.stream = stream;
  response.on("close", () => stream.clientGone());
  request.on("error", () => stream.clientGone());
  response.on("error", () => stream.clientGone());
  if (authority === undefined) return stream.refuse(400, "missing_host_header");
  if (wantsUpgrade(request)) return stream.refuse(403, "upgrade_failed");
  const length = Number(request.headers["content-length"] ?? 0);
  const hasBody = length > 0 || request.headers["transfer-encoding"] !== undefined;
  request.on("data", (piece: Uint8Array) => stream.requestData(piece, false));
  request.on("end", () => {
    if (!hasBody) return;
    const trailers = endToEndPairs(request.rawTrailers);
    if (trailers.length > 0) stream.requestEndedWith(trailers);
    else stream.requestData(nothing, true);
  });
  stream.begin(!hasBody);
}

/** `upgrade` counts only where `connection` names it; one to HTTP/2 may be passed over. */
function wantsUpgrade(request: IncomingMessage): boolean {
  const { connection = "", upgrade = "" } = request.headers;
  return /(^|,)\s*upgrade\s*(,|$)/i.test(connection) && !/^(h2c)?$/i.test(upgrade);
}
