/** Clients that show what was on the wire: HTTP/1.1 over a bare socket, HTTP/2 over node:http2. */
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseReplies, type Reply } from "./http1_replies.ts";
import type { HeaderList } from "./provider.ts";

const patienceMs = 15_000;

/** What is sent in one write, or something to do before the next one is sent. */
export type Step = string | Uint8Array | ((connection: Connection) => void | Promise<void>);

/** What a step may do besides sending. */
export interface Connection {
  /** All body bytes (HTTP/2) or wire bytes (HTTP/1.1) that came so far. */
  received(): Buffer;
  /** Waits until the text has come; gives up after 15 s. */
  waitFor(text: string): Promise<void>;
  /** HTTP/1.1: a TCP reset. HTTP/2: RST_STREAM with CANCEL. */
  reset(): void;
  /** Ends our side: a FIN, or END_STREAM. */
  finish(): void;
}

/**
 * How it ended: all replies are there, the peer closed or reset before that, we left, or nothing
 * came for 15 s.
 */
export type Ending = "complete" | "closed" | "reset" | "left" | "timeout";

export interface Exchange {
  ended: Ending;
  replies: Reply[];
  /** Statuses of interim (1xx) replies. */
  interim: number[];
  /** All bytes that came; for HTTP/2 the body. */
  wire: Buffer;
  /** Bytes after the last reply that was expected. */
  surplus: Buffer;
}

export interface Request {
  method?: string;
  path?: string;
  headers?: HeaderList;
  /** Sent with a content-length. */
  body?: string | Uint8Array;
  /** Sent chunk by chunk instead. */
  chunks?: Step[];
  trailers?: HeaderList;
}

/** A step that waits. */
export function pause(ms: number): Step {
  return async () => {
    await sleep(ms);
  };
}

/** A step that drops the connection. */
export const leave: Step = (connection) => connection.reset();

/** A step that waits for a text from the peer, then drops the connection. */
export function leaveAfter(text: string): Step {
  return async (connection) => {
    await connection.waitFor(text);
    connection.reset();
  };
}

/** The bytes of a request, as steps for {@link sendRaw}. */
export function requestSteps(request: Request): Step[] {
  const { method = "POST", path = "/", headers = [], body, chunks, trailers } = request;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  if (!headers.some(([name]) => name.toLowerCase() === "host")) lines.splice(1, 0, "host: gateway");
  if (chunks) lines.push("transfer-encoding: chunked");
  else if (body !== undefined) lines.push(`content-length: ${Buffer.byteLength(body)}`);
  const head = `${lines.join("\r\n")}\r\n\r\n`;
  if (!chunks) return [body === undefined ? head : Buffer.concat([bytes(head), bytes(body)])];
  const last = (trailers ?? []).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return [head, ...chunks.map(framed), `0\r\n${last}\r\n`];
}

function framed(step: Step): Step {
  if (typeof step === "function") return step;
  const data = bytes(step);
  return Buffer.concat([bytes(`${data.length.toString(16)}\r\n`), data, bytes("\r\n")]);
}

function bytes(data: string | Uint8Array): Buffer {
  return typeof data === "string" ? Buffer.from(data) : Buffer.from(data);
}

/**
 * Sends exactly these bytes and resolves once `replies` complete replies came (1 unless told), the
 * connection ended, or 15 s passed. `head` says that the first reply is to a HEAD request.
 */
export async function sendRaw(
  port: number,
  steps: Step[],
  options: { replies?: number; head?: boolean } = {},
): Promise<Exchange> {
  const connection = new RawConnection(port, options.replies ?? 1, options.head ?? false);
  try {
    const sending = connection.send(steps);
    sending.catch(() => {});
    const ended = await connection.ended;
    const { replies, interim, surplus } = connection.parsed();
    return { ended, replies, interim, surplus, wire: connection.received() };
  } finally {
    connection.close();
  }
}

class RawConnection implements Connection {
  private readonly socket: Socket;
  private chunks: Buffer[] = [];
  private settle: (ending: Ending) => void = () => {};
  private fail: (error: unknown) => void = () => {};
  private readonly timer: NodeJS.Timeout;
  private over = false;
  readonly ended: Promise<Ending>;

  constructor(
    port: number,
    private readonly wanted: number,
    private readonly head: boolean,
  ) {
    this.ended = new Promise((done, fail) => {
      this.fail = fail;
      this.settle = (ending) => {
        this.over = true;
        done(ending);
      };
    });
    this.timer = setTimeout(() => this.settle("timeout"), patienceMs);
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    this.socket.on("data", (data: Buffer) => this.take(data));
    this.socket.on("end", () => this.settle("closed"));
    this.socket.on("close", () => this.settle("closed"));
    this.socket.on("error", () => this.settle("reset"));
  }

  private take(data: Buffer): void {
    this.chunks.push(data);
    try {
      const complete = this.parsed().replies.filter((reply) => reply.complete);
      if (complete.length >= this.wanted) this.settle("complete");
    } catch (error) {
      this.fail(error);
    }
  }

  parsed(): ReturnType<typeof parseReplies> {
    return parseReplies(this.received(), {
      wanted: this.wanted,
      head: this.head,
      ended: this.over,
    });
  }

  async send(steps: Step[]): Promise<void> {
    for (const step of steps) {
      if (this.over) return;
      if (typeof step === "function") await step(this);
      else await new Promise<void>((done) => this.socket.write(step, () => done()));
    }
  }

  received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async waitFor(text: string): Promise<void> {
    await waitFor(text, () => this.received(), this.ended);
  }

  reset(): void {
    this.settle("left");
    this.socket.resetAndDestroy();
  }

  finish(): void {
    this.socket.end();
  }

  close(): void {
    clearTimeout(this.timer);
    this.socket.destroy();
  }
}

async function waitFor(text: string, received: () => Buffer, end: Promise<unknown>): Promise<void> {
  let over = false;
  void end.then(() => {
    over = true;
  });
  while (!received().includes(text)) {
    if (over) throw new Error(`"${text}" never came`);
    await sleep(2);
  }
}

/** Sends one request over a connection of its own, HTTP/2 without TLS. */
export async function sendHttp2(port: number, request: Request): Promise<Exchange> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const session = connectHttp2(`http://127.0.0.1:${port}`, { createConnection: () => socket });
  session.on("error", () => {});
  try {
    const exchange = new Http2Exchange(session, socket, request);
    return await exchange.run();
  } finally {
    session.destroy();
    socket.destroy();
  }
}

class Http2Exchange implements Connection {
  private readonly stream: ClientHttp2Stream;
  private readonly reply: Reply = {
    ...{ status: 0, reason: "", headers: [], chunks: [], trailers: [] },
    ...{ body: Buffer.alloc(0), complete: false },
  };
  private readonly interim: number[] = [];
  private left = false;
  private settle: (ending: Ending) => void = () => {};
  private readonly ended: Promise<Ending>;

  constructor(
    session: ClientHttp2Session,
    private readonly socket: Socket,
    private readonly request: Request,
  ) {
    const { method = "POST", path = "/", body, chunks, trailers } = request;
    const headers: Record<string, string | string[]> = {
      ...{ ":method": method, ":path": path, ":authority": "gateway" },
    };
    for (const [name, value] of request.headers ?? []) {
      headers[name] = name in headers ? [headers[name] as string, value].flat() : value;
    }
    if (body !== undefined) headers["content-length"] = String(Buffer.byteLength(body));
    const endStream = body === undefined && chunks === undefined;
    this.stream = session.request(headers, { endStream, waitForTrailers: trailers !== undefined });
    this.stream.on("wantTrailers", () => {
      this.stream.sendTrailers(Object.fromEntries(trailers ?? []));
    });
    this.ended = new Promise((done) => {
      this.settle = done;
    });
    this.listen(session);
  }

  private listen(session: ClientHttp2Session): void {
    const { stream, reply } = this;
    stream.on("headers", (headers) => this.interim.push(Number(headers[":status"])));
    stream.on("response", (headers, _flags, raw?: string[]) => {
      reply.status = Number(headers[":status"]);
      reply.headers = withoutPseudo(raw ?? Object.entries(headers).flat().map(String));
    });
    stream.on("data", (data: Buffer) => {
      reply.chunks.push(data);
      reply.body = Buffer.concat(reply.chunks);
    });
    stream.on("trailers", (trailers, _flags, raw?: string[]) => {
      reply.trailers = withoutPseudo(raw ?? Object.entries(trailers).flat().map(String));
    });
    stream.on("error", () => {});
    stream.once("close", () => this.settle(this.ending()));
    session.once("close", () => this.settle("closed"));
    setTimeout(() => this.settle("timeout"), patienceMs).unref();
  }

  private ending(): Ending {
    if (this.stream.rstCode !== constants.NGHTTP2_NO_ERROR) return "reset";
    return this.reply.status === 0 ? "closed" : "complete";
  }

  async run(): Promise<Exchange> {
    this.send().catch(() => {});
    const ended = await this.ended;
    this.reply.complete = ended === "complete";
    const replies = this.reply.status === 0 ? [] : [this.reply];
    const { interim } = this;
    return { ended, replies, interim, wire: this.reply.body, surplus: Buffer.alloc(0) };
  }

  private async send(): Promise<void> {
    const { body, chunks } = this.request;
    if (body !== undefined) this.stream.end(body);
    if (body !== undefined || chunks === undefined) return;
    for (const step of chunks) {
      if (typeof step === "function") await step(this);
      else await new Promise<void>((done) => this.stream.write(step, () => done()));
      if (this.stream.closed || this.left) return;
    }
    this.stream.end();
  }

  received(): Buffer {
    return this.reply.body;
  }

  async waitFor(text: string): Promise<void> {
    await waitFor(text, () => this.received(), this.ended);
  }

  /**
   * Writes the frame itself: node:http2 ends a request's body in good order before it resets the
   * stream, so that the peer would see a whole request.
   */
  reset(): void {
    this.left = true;
    const frame = Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 0, constants.NGHTTP2_CANCEL]);
    frame.writeUInt32BE(this.stream.id ?? 0, 5);
    this.socket.write(frame, () => this.settle("left"));
  }

  finish(): void {
    this.stream.end();
  }
}

function withoutPseudo(flat: string[]): HeaderList {
  const list: HeaderList = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i] ?? "";
    if (!name.startsWith(":")) list.push([name, flat[i + 1] ?? ""]);
  }
  return list;
}
