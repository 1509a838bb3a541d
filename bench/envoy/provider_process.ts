/**
 * The mock provider, a process of its own: answers that lie ready, over bare sockets, so that it is
 * quick against any gateway. It reads just enough of HTTP/1.1 to know where a request ends.
 */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { answerPieces, type AnswerKind, paceMs } from "./cells.ts";

const jsonBody = Buffer.concat(answerPieces("json"));
const jsonAnswer = Buffer.concat([
  Buffer.from(
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" +
      `content-length: ${jsonBody.length}\r\n\r\n`,
  ),
  jsonBody,
]);
const streamHead = Buffer.from(
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n" +
    "cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n",
);
const streamChunks = answerPieces("burst").map((event) =>
  Buffer.concat([Buffer.from(`${event.length.toString(16)}\r\n`), event, Buffer.from("\r\n")]),
);
const streamEnd = Buffer.from("0\r\n\r\n");
const headEnd = Buffer.from("\r\n\r\n");

/** Finds the end of each request on one connection, and answers it. */
class Connection {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes at which the current request ends; 0 while its head is not whole. */
  #wholeAt = 0;
  #asked: AnswerKind = "json";

  constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on("data", (data) => this.#take(data));
    socket.on("error", () => socket.destroy());
  }

  #take(data: Buffer): void {
    this.#pending.push(data);
    this.#pendingBytes += data.length;
    if (this.#wholeAt === 0) this.#readHead();
    if (this.#wholeAt === 0 || this.#pendingBytes < this.#wholeAt) return;
    // A gateway sends the next request once it has the answer, so nothing lies behind this one.
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#wholeAt = 0;
    this.#answer();
  }

  #readHead(): void {
    const text = Buffer.concat(this.#pending);
    this.#pending = [text];
    const end = text.indexOf(headEnd);
    if (end < 0) return;
    const head = text.subarray(0, end).toString("latin1").toLowerCase();
    const length = /\r\ncontent-length: *(\d+)/.exec(head);
    if (length === null) {
      this.socket.destroy(new Error("a request without a content-length"));
      return;
    }
    this.#wholeAt = end + headEnd.length + Number(length[1]);
    this.#asked = (/\r\nx-bench-answer: *(\w+)/.exec(head)?.[1] ?? "json") as AnswerKind;
  }

  #answer(): void {
    const { socket } = this;
    if (this.#asked === "json") {
      socket.write(jsonAnswer);
      return;
    }
    socket.write(streamHead);
    if (this.#asked === "paced") {
      this.#pace(performance.now(), 0);
      return;
    }
    for (const chunk of streamChunks) socket.write(chunk);
    socket.write(streamEnd);
  }

  /** Writes what is due, each event by itself, and comes back for the next. */
  #pace(startMs: number, from: number): void {
    let next = from;
    while (next < streamChunks.length && performance.now() >= startMs + next * paceMs) {
      this.socket.write(streamChunks[next++] ?? streamEnd);
    }
    if (this.socket.destroyed) return;
    if (next === streamChunks.length) {
      this.socket.write(streamEnd);
      return;
    }
    const waitMs = startMs + next * paceMs - performance.now();
    setTimeout(() => this.#pace(startMs, next), Math.max(waitMs, 0));
  }
}

const server = createServer((socket) => void new Connection(socket));
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on("disconnect", () => process.exit(0));
