import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Pairs } from "./abi.ts";
import type { Downstream } from "./downstream.ts";
import { type FrontHost, safeHeaders, safeStatus } from "./front.ts";
import { endToEndPairs } from "./hop_headers.ts";
import type { HttpStream } from "./stream.ts";

const nothing = new Uint8Array();

type FieldMap = Record<string, string | string[]>;

function fieldMap(pairs: Pairs): FieldMap {
  const map: FieldMap = {};
  for (const [name, value] of pairs) {
    const present = map[name];
    map[name] = present === undefined ? value : [present, value].flat();
  }
  return map;
}

/** One HTTP/2 stream of node's server, as a stream's client. */
class Http2Downstream implements Downstream {
  readonly protocol = "HTTP/2";
  readonly address: string;
  stream: HttpStream | null = null;
  #trailers: Pairs = [];

  constructor(
    readonly wire: ServerHttp2Stream,
    readonly host: FrontHost,
  ) {
    const { remoteAddress = "", remotePort = 0 } = wire.session?.socket ?? {};
    this.address = `${remoteAddress}:${remotePort}`;
    wire.on("drain", () => this.stream?.router.pauseReading(false));
    wire.on("wantTrailers", () => wire.sendTrailers(fieldMap(this.#trailers)));
  }

  headers(status: number, headers: Pairs, endStream: boolean): void {
    if (this.wire.destroyed) return;
    const fields = fieldMap(safeHeaders(headers, this.host));
    const code = safeStatus(status, this.host);
    const waitForTrailers = !endStream;
    this.wire.respond({ ...fields, ":status": code }, { endStream, waitForTrailers });
  }

  data(piece: Uint8Array, endOfStream: boolean): void {
    if (this.wire.destroyed) return;
    if (piece.length > 0 && !this.wire.write(piece)) this.stream?.router.pauseReading(true);
    if (endOfStream) this.wire.end();
  }

  trailers(trailers: Pairs): void {
    this.#trailers = trailers;
    this.wire.end();
  }

  reset(): void {
    this.wire.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  pauseReading(paused: boolean): void {
    if (paused) this.wire.pause();
    else this.wire.resume();
  }
}

/** Serves one stream of a node:http2 server. Frame bounds are not visible: the end comes apart. */
export function serveHttp2(
  wire: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  host: FrontHost,
): void {
  const authority = headers[":authority"] ?? headers.host;
  const pairs = endToEndPairs(rawHeaders).filter(
    ([name]) => name !== "host" && name !== ":authority",
  );
  const downstream = new Http2Downstream(wire, host);
  const stream = host.open(downstream, [[":authority", String(authority ?? "")], ...pairs]);
  downstream.stream = stream;
  let trailers: Pairs = [];
  const gone = (): void => {
    const connected = wire.session?.destroyed === false && !wire.session.socket.destroyed;
    stream.clientGone(connected ? "reset" : "disconnect");
  };
  for (const event of ["error", "aborted", "close"]) wire.on(event, gone);
  wire.on("trailers", (_fields, _flags, raw?: string[]) => {
    trailers = endToEndPairs(raw ?? []);
  });
  const hasBody = !wire.endAfterHeaders;
  wire.on("data", (piece: Uint8Array) => stream.requestData(piece, false));
  wire.on("end", () => {
    if (!hasBody) return;
    if (trailers.length > 0) stream.requestEndedWith(trailers);
    else stream.requestData(nothing, true);
  });
  stream.begin(!hasBody);
}
