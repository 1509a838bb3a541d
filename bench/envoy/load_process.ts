/** The clients, a process of its own: closed loop over keep-alive connections on bare sockets. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { quantile } from "../statistics.ts";
import { answerPieces, type Load, requestPool } from "./cells.ts";
import { ResponseReader } from "./response_reader.ts";

export interface LoadOrder {
  load: Load;
  port: number;
  /** Each request's id is this and its number. */
  idPrefix: string;
  /** Hand the bodies of the answers back. */
  keep: boolean;
  /** Asked for instead of the load's own model. */
  model?: string;
}

export interface LoadResult {
  /** Medians, in milliseconds: until the last byte, and until the first of the body. */
  wholeMs: number;
  firstByteMs: number;
  /** Answers with another status or length than they should have, and connections that failed. */
  errors: number;
  firstError: string | null;
  bodies: string[];
}

interface Tally extends LoadResult {
  wholes: number[];
  firstBytes: number[];
  next: number;
}

const answerTimeoutMs = 10_000;
const bodies = new Map<string, Buffer[]>();
const answerBytes = new Map<string, number>();

function bodiesFor(load: Load): Buffer[] {
  const known = bodies.get(load.name) ?? requestPool(load).map(({ body }) => body);
  bodies.set(load.name, known);
  return known;
}

function bytesOfAnswer({ answer }: Load): number {
  const known = answerBytes.get(answer) ?? Buffer.concat(answerPieces(answer)).length;
  answerBytes.set(answer, known);
  return known;
}

/** One request's head and body, ready to be sent. */
function requestBytes(order: LoadOrder, at: number): [head: string, body: Buffer] {
  const pool = bodiesFor(order.load);
  let body = pool[at % pool.length] ?? Buffer.alloc(0);
  if (order.model !== undefined) {
    const parsed = JSON.parse(body.toString()) as object;
    body = Buffer.from(JSON.stringify({ ...parsed, model: order.model }));
  }
  const lines = [
    "POST /v1/chat/completions HTTP/1.1",
    "host: gateway.test",
    "content-type: application/json",
    "accept: application/json",
    "authorization: Bearer sk-bench",
    "user-agent: OpenAI/Python 1.99.0",
    `x-bench-answer: ${order.load.answer}`,
    `x-request-id: ${order.idPrefix}-${at}`,
    `content-length: ${body.length}`,
  ];
  return [`${lines.join("\r\n")}\r\n\r\n`, body];
}

async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const tally: Tally = {
    ...{ wholeMs: NaN, firstByteMs: NaN, errors: 0, firstError: null, bodies: [] },
    ...{ wholes: [], firstBytes: [], next: 0 },
  };
  const connections = Math.min(order.load.connections, order.load.requests);
  await Promise.all(Array.from({ length: connections }, () => client(order, tally)));
  const { wholes, firstBytes, errors, firstError } = tally;
  const firstByteMs = quantile(firstBytes, 0.5);
  return { wholeMs: quantile(wholes, 0.5), firstByteMs, errors, firstError, bodies: tally.bodies };
}

/** One client: asks until all requests of the load have been taken. */
async function client(order: LoadOrder, tally: Tally): Promise<void> {
  const socket = connect({ port: order.port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const reader = new ResponseReader(order.keep);
  while (tally.next < order.load.requests) {
    try {
      await ask(order, tally, socket, reader, tally.next++);
    } catch (error) {
      fail(tally, (error as Error).message);
      break;
    }
  }
  socket.destroy();
}

function ask(
  order: LoadOrder,
  tally: Tally,
  socket: Socket,
  reader: ResponseReader,
  at: number,
): Promise<void> {
  const [head, body] = requestBytes(order, at);
  const wanted = bytesOfAnswer(order.load);
  reader.start();
  return new Promise((resolve, reject) => {
    let firstByteMs = NaN;
    const timeout = setTimeout(() => finish(new Error("no answer in time")), answerTimeoutMs);
    const startMs = performance.now();
    const onData = (data: Buffer): void => {
      const whole = reader.feed(data);
      if (Number.isNaN(firstByteMs) && reader.bodyBytes > 0) firstByteMs = performance.now();
      if (whole) finish(null);
    };
    const onClose = (): void => finish(new Error("the connection was closed"));
    const finish = (error: Error | null): void => {
      const endMs = performance.now();
      clearTimeout(timeout);
      socket.off("data", onData).off("error", finish).off("close", onClose);
      if (error) return reject(error);
      const right = reader.status === 200 && reader.bodyBytes === wanted;
      if (!right) fail(tally, `status ${reader.status}, ${reader.bodyBytes} bytes`);
      tally.wholes.push(endMs - startMs);
      tally.firstBytes.push(firstByteMs - startMs);
      if (order.keep) tally.bodies.push(Buffer.concat(reader.pieces).toString());
      resolve();
    };
    socket.on("data", onData).on("error", finish).on("close", onClose);
    socket.cork();
    socket.write(head);
    socket.write(body);
    socket.uncork();
  });
}

function fail(tally: Tally, why: string): void {
  tally.errors += 1;
  tally.firstError ??= why;
}

process.on("message", (order: LoadOrder) => {
  void runLoad(order).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
