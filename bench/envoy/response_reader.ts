/** Reads one HTTP/1.1 response after another from a connection, framing and all. */

const headEnd = Buffer.from("\r\n\r\n");
const lineEnd = Buffer.from("\r\n");

type State = "head" | "fixed" | "size" | "chunk" | "chunkEnd" | "end";

export class ResponseReader {
  status = 0;
  bodyBytes = 0;
  /** The body's pieces, where they are kept. */
  pieces: Buffer[] = [];
  #state: State = "head";
  #carry: Buffer = Buffer.alloc(0);
  #left = 0;

  constructor(readonly keep: boolean) {}

  /** Begins the next response. */
  start(): void {
    this.status = 0;
    this.bodyBytes = 0;
    this.pieces = [];
    this.#state = "head";
    this.#carry = Buffer.alloc(0);
  }

  /** Takes what was received; true once the response is whole. */
  feed(data: Buffer): boolean {
    let rest = this.#carry.length > 0 ? Buffer.concat([this.#carry, data]) : data;
    this.#carry = Buffer.alloc(0);
    while (rest.length > 0 && this.#state !== "end") {
      const used = this.#step(rest);
      if (used === 0) {
        this.#carry = rest;
        return false;
      }
      rest = rest.subarray(used);
    }
    return this.#state === "end";
  }

  /** Reads one part; answers the bytes it took, 0 when it needs more. */
  #step(rest: Buffer): number {
    if (this.#state === "head") return this.#readHead(rest);
    if (this.#state === "size") return this.#readSize(rest);
    if (this.#state === "chunkEnd") {
      if (rest.length < lineEnd.length) return 0;
      this.#state = this.#left < 0 ? "end" : "size";
      return lineEnd.length;
    }
    const taken = Math.min(rest.length, this.#left);
    if (this.keep) this.pieces.push(Buffer.from(rest.subarray(0, taken)));
    this.bodyBytes += taken;
    this.#left -= taken;
    if (this.#left === 0) this.#state = this.#state === "fixed" ? "end" : "chunkEnd";
    return taken;
  }

  #readHead(rest: Buffer): number {
    const end = rest.indexOf(headEnd);
    if (end < 0) return 0;
    const head = rest.subarray(0, end).toString("latin1").toLowerCase();
    this.status = Number(head.slice("http/1.1 ".length).slice(0, 3));
    const length = /\r\ncontent-length: *(\d+)/.exec(head);
    this.#left = Number(length?.[1] ?? 0);
    const chunked = /\r\ntransfer-encoding: *chunked/.test(head);
    this.#state = chunked ? "size" : this.#left > 0 ? "fixed" : "end";
    return end + headEnd.length;
  }

  #readSize(rest: Buffer): number {
    const end = rest.indexOf(lineEnd);
    if (end < 0) return 0;
    this.#left = parseInt(rest.subarray(0, end).toString("latin1"), 16);
    this.#state = this.#left === 0 ? "chunkEnd" : "chunk";
    // The last chunk has no bytes, and its line end also ends the response.
    if (this.#left === 0) this.#left = -1;
    return end + lineEnd.length;
  }
}
