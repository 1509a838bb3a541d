import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { FrontHost } from "./front.ts";
import { serveHttp1 } from "./front_http1.ts";
import { serveHttp2 } from "./front_http2.ts";

/** Envoy's default for all headers of a request. */
const headersBytesMax = 60 * 1024;
/** How a client of HTTP/2 begins. */
const preface = "PRI";

/** One port: HTTP/1.1 and HTTP/2 with prior knowledge, told apart by the first bytes. */
export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(host: FrontHost) {
    const http1 = http.createServer(
      { requireHostHeader: false, maxHeaderSize: headersBytesMax, requestTimeout: 0 },
      (request, response) => serveHttp1(request, response, host),
    );
    const h2 = http2.createServer();
    h2.on("sessionError", () => {});
    h2.on("stream", (wire, headers, _flags, raw?: string[]) =>
      serveHttp2(wire, headers, raw ?? [], host),
    );
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      sniff(socket, (isHttp2) => (isHttp2 ? h2 : http1).emit("connection", socket));
    });
  }

  /** Resolves to the port; 0 asks for any free one. */
  async listen(port: number, hostname: string): Promise<number> {
    this.#server.listen(port, hostname);
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts what is open and stops. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function sniff(socket: Socket, decided: (isHttp2: boolean) => void): void {
  let head = Buffer.alloc(0);
  const look = (): void => {
    const more = socket.read() as Buffer | null;
    if (more === null) return;
    head = Buffer.concat([head, more]);
    const start = head.toString("latin1", 0, preface.length);
    if (head.length < preface.length && preface.startsWith(start)) return;
    socket.off("readable", look);
    socket.unshift(head);
    decided(start === preface);
  };
  socket.on("readable", look);
}
