/** A provider that does as it is told and remembers, byte for byte, what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2ServerResponse } from "node:http2";
import type { Http2ServerRequest } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";

export type HeaderList = [name: string, value: string][];

/** How one request is answered. Nothing said: 200 with an empty body. */
export interface Answer {
  status?: number;
  headers?: HeaderList;
  /** Written one by one; a promise among them is waited for before going on. */
  chunks?: (string | Uint8Array | Promise<unknown>)[];
  /** Waits so long before each chunk. */
  pauseMs?: number;
  /** Only sent when the body is chunked. */
  trailers?: HeaderList;
  /** Frames the body by its length instead of by chunks. */
  contentLength?: boolean;
  /** Compresses the chunks as one body, and says so. */
  gzip?: boolean;
  /** Resets the connection (HTTP/2: the stream) after so many chunks; 0: after the headers. */
  resetAfterChunks?: number;
  /** Answers as soon as the request's headers are there. */
  early?: boolean;
  /** `hang`: never answers; `close`: closes the connection without an answer. */
  instead?: "hang" | "close";
}

/** One request as it arrived. */
export interface Received {
  /** Its x-request-id. */
  id: string | null;
  httpVersion: string;
  method: string;
  path: string;
  /** In wire order, names as they were written. */
  headers: HeaderList;
  chunks: { bytes: Buffer; atMs: number }[];
  body: Buffer;
  trailers: HeaderList;
  /** False until it has ended, and for ever when it was cut. */
  complete: boolean;
  ended: boolean;
}

export interface Provider {
  url: string;
  port: number;
  /** Every request since the start or since {@link Provider.forget}. */
  requests: Received[];
  /** What came that was no HTTP, as text: the mark of a smuggled or broken request. */
  malformed: string[];
  /** Answers the request with this id. */
  script(id: string, answer: Answer): void;
  /** Answers the next request that has no script of its own. */
  queue(answer: Answer): void;
  /** Resolves to the request with this id once it has ended, whole or cut; waits 15 s at most. */
  requestOf(id: string): Promise<Received>;
  /** Drops what was recorded and scripted. */
  forget(): void;
  close(): Promise<void>;
}

type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = ServerResponse | Http2ServerResponse;

const patienceMs = 15_000;
const notScripted: Answer = { status: 500, chunks: ["no answer was scripted"] };

/** A reset may overtake the bytes before it; so long the peer gets to read them. */
const beforeResetMs = 40;

/** Starts a provider on a free port of 127.0.0.1, HTTP/1.1, or HTTP/2 without TLS. */
export async function startProvider(options: { http2?: boolean } = {}): Promise<Provider> {
  const provider = new ScriptedProvider();
  const handle = (request: AnyRequest, response: AnyResponse): void => {
    void provider.handle(request, response);
  };
  const server = options.http2 ? createHttp2Server(handle) : createServer(handle);
  if (!options.http2) server.on("clientError", provider.noteMalformed);
  server.on("connection", (socket: Socket) => {
    provider.sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => provider.sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  provider.port = (server.address() as AddressInfo).port;
  provider.stopListening = () => server.close();
  return provider;
}

class ScriptedProvider implements Provider {
  port = 0;
  requests: Received[] = [];
  malformed: string[] = [];
  readonly sockets = new Set<Socket>();
  stopListening: () => void = () => {};
  private readonly scripts = new Map<string, Answer>();
  private waiting: Answer[] = [];

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  script(id: string, answer: Answer): void {
    this.scripts.set(id, answer);
  }

  queue(answer: Answer): void {
    this.waiting.push(answer);
  }

  forget(): void {
    this.requests = [];
    this.malformed = [];
    this.scripts.clear();
    this.waiting = [];
  }

  async requestOf(id: string): Promise<Received> {
    const giveUpMs = Date.now() + patienceMs;
    while (Date.now() < giveUpMs) {
      const found = this.requests.find((request) => request.id === id && request.ended);
      if (found) return found;
      await sleep(5);
    }
    const ids = this.requests.map((request) => request.id).join(", ");
    throw new Error(`no request ${id} ended at the provider; it saw: ${ids || "none"}`);
  }

  async close(): Promise<void> {
    this.stopListening();
    for (const socket of this.sockets) socket.destroy();
    await sleep(0);
  }

  readonly noteMalformed = (error: Error & { rawPacket?: Buffer }, socket: unknown): void => {
    // A connection that ends between requests is not an error of the peer.
    if (error.rawPacket) this.malformed.push(error.rawPacket.toString("latin1"));
    (socket as Socket).destroy();
  };

  async handle(request: AnyRequest, response: AnyResponse): Promise<void> {
    request.on("error", () => {});
    response.on("error", () => {});
    const received = record(request);
    this.requests.push(received);
    const own = received.id === null ? undefined : this.scripts.get(received.id);
    const answer = own ?? this.waiting.shift() ?? notScripted;
    if (!answer.early) {
      await new Promise((done) => request.once("end", done).once("close", done));
    }
    if (answer.instead === "close") request.socket.destroy();
    if (answer.instead === undefined) await give(answer, response);
  }
}

function record(request: AnyRequest): Received {
  const startMs = performance.now();
  const id = request.headers["x-request-id"];
  const received: Received = {
    id: typeof id === "string" ? id : null,
    httpVersion: request.httpVersion,
    method: request.method ?? "",
    path: request.url ?? "",
    headers: pairs(request.rawHeaders),
    chunks: [],
    body: Buffer.alloc(0),
    trailers: [],
    complete: false,
    ended: false,
  };
  request.on("data", (bytes: Buffer) => {
    received.chunks.push({ bytes, atMs: performance.now() - startMs });
    received.body = Buffer.concat([received.body, bytes]);
  });
  request.once("end", () => {
    received.trailers = pairs(request.rawTrailers);
    // A reset HTTP/2 stream ends, too.
    received.complete = !("stream" in request) || request.stream.rstCode === 0;
    received.ended = true;
  });
  request.once("close", () => {
    received.ended = true;
  });
  return received;
}

function pairs(flat: string[]): HeaderList {
  const list: HeaderList = [];
  for (let i = 0; i + 1 < flat.length; i += 2) list.push([flat[i] ?? "", flat[i + 1] ?? ""]);
  return list;
}

async function give(answer: Answer, response: AnyResponse): Promise<void> {
  const chunks = answer.gzip ? await compressed(answer) : (answer.chunks ?? []);
  const headers = [...(answer.headers ?? [])];
  if (answer.gzip) headers.push(["content-encoding", "gzip"]);
  if (answer.contentLength) headers.push(["content-length", String(lengthOf(chunks))]);
  for (const name of new Set(headers.map((header) => header[0]))) {
    const values = headers.filter((header) => header[0] === name).map((header) => header[1]);
    response.setHeader(name, values.length === 1 ? (values[0] ?? "") : values);
  }
  response.writeHead(answer.status ?? 200);
  (response as ServerResponse).flushHeaders();
  let written = 0;
  for (const chunk of chunks) {
    if (written === answer.resetAfterChunks) break;
    if (answer.pauseMs) await sleep(answer.pauseMs);
    if (isBytes(chunk)) {
      await write(response, chunk);
      written++;
    } else await chunk;
    if (response.destroyed || response.writableEnded) return;
  }
  if (answer.resetAfterChunks !== undefined) return reset(response);
  if (answer.trailers) response.addTrailers(Object.fromEntries(answer.trailers));
  response.end();
}

function isBytes(chunk: string | Uint8Array | Promise<unknown>): chunk is string | Uint8Array {
  return typeof chunk === "string" || chunk instanceof Uint8Array;
}

function lengthOf(chunks: (string | Uint8Array | Promise<unknown>)[]): number {
  return chunks.filter(isBytes).reduce((sum, chunk) => sum + Buffer.from(chunk).length, 0);
}

async function compressed(answer: Answer): Promise<Uint8Array[]> {
  const plain: Buffer[] = [];
  for (const chunk of answer.chunks ?? []) {
    if (isBytes(chunk)) plain.push(Buffer.from(chunk));
    else await chunk;
  }
  return [gzipSync(Buffer.concat(plain))];
}

async function write(response: AnyResponse, chunk: string | Uint8Array): Promise<void> {
  await new Promise<void>((done) => {
    response.once("close", done);
    (response as ServerResponse).write(chunk, () => {
      response.removeListener("close", done);
      done();
    });
  });
}

async function reset(response: AnyResponse): Promise<void> {
  await sleep(beforeResetMs);
  if ("stream" in response) response.stream.close(2);
  else response.socket?.resetAndDestroy();
}
