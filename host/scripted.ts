import type { Pairs } from "./abi.ts";
import type { ManualClock } from "./clock.ts";
import type { Downstream, UpstreamEvents, UpstreamExchange, Upstreams } from "./downstream.ts";
import type { ClientResponse, ReplayRun, ScriptedResponse, UpstreamRequest } from "./replay.ts";
import type { HttpStream } from "./stream.ts";
import type { Turns } from "./turns.ts";

const nothing = new Uint8Array();

/** A client that keeps what it gets. */
export class RecordingClient implements Downstream {
  readonly protocol = "HTTP/1.1";
  readonly address = "127.0.0.1:50000";
  response: ClientResponse | null = null;
  paused = false;

  headers(status: number, headers: Pairs, endOfStream: boolean): void {
    const complete = endOfStream;
    this.response = { status, headers, chunks: [], body: nothing, trailers: null, complete };
  }

  data(piece: Uint8Array, endOfStream: boolean): void {
    if (this.response === null) return;
    if (piece.length > 0) this.response.chunks.push(piece);
    this.response.complete = endOfStream;
  }

  trailers(trailers: Pairs): void {
    if (this.response === null) return;
    this.response.trailers = trailers;
    this.response.complete = true;
  }

  reset(): void {}

  pauseReading(paused: boolean): void {
    this.paused = paused;
  }

  /** What arrived, with the whole body. */
  finished(): ClientResponse | null {
    if (this.response !== null) this.response.body = Buffer.concat(this.response.chunks);
    return this.response;
  }
}

/** An upstream that plays a script; each event is a turn of its own. */
export class ScriptedUpstream implements Upstreams, UpstreamExchange {
  readonly address = "127.0.0.1:8000";
  request: UpstreamRequest | null = null;
  stream: HttpStream | null = null;
  #events: UpstreamEvents | null = null;
  #steps: (() => void)[] = [];
  #paused = false;
  #gone = false;

  constructor(
    readonly options: ReplayRun,
    readonly turns: Turns,
    readonly clock: ManualClock,
  ) {}

  has(cluster: string): boolean {
    const { clusters } = this.options;
    return clusters === undefined || clusters.includes(cluster);
  }

  open(cluster: string, headers: Pairs, eos: boolean, events: UpstreamEvents): UpstreamExchange {
    const value = (name: string): string => headers.find(([key]) => key === name)?.[1] ?? "";
    this.#events = events;
    this.request = {
      cluster,
      authority: value(":authority"),
      method: value(":method"),
      path: value(":path"),
      headers: headers.filter(([name]) => !name.startsWith(":")),
      chunks: [],
      body: nothing,
      trailers: null,
      complete: eos,
    };
    if (eos || this.options.respondAt === "headers") this.#answer();
    return this;
  }

  data(piece: Uint8Array, endOfStream: boolean): void {
    if (this.request === null || this.#gone) return;
    if (piece.length > 0) this.request.chunks.push(piece);
    if (endOfStream) this.#complete();
  }

  trailers(trailers: Pairs): void {
    if (this.request === null || this.#gone) return;
    this.request.trailers = trailers;
    this.#complete();
  }

  #complete(): void {
    if (this.request === null) return;
    this.request.complete = true;
    if (this.options.respondAt !== "headers") this.#answer();
  }

  /** What arrived, with the whole body. */
  finished(): UpstreamRequest | null {
    if (this.request !== null) this.request.body = Buffer.concat(this.request.chunks);
    return this.request;
  }

  abort(): void {
    this.#gone = true;
  }

  pauseReading(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.turns.post(() => this.#step());
  }

  #answer(): void {
    const { request } = this;
    if (request === null) return;
    request.body = Buffer.concat(request.chunks);
    this.turns.post(() => {
      if (this.#gone) return;
      this.#script(this.options.respond(request));
      this.#step();
    });
  }

  #script(script: ScriptedResponse): void {
    const events = this.#events as UpstreamEvents;
    const { status, headers = [], chunks = [], trailers } = script;
    const add = (step: () => void): unknown => this.#steps.push(step);
    if (script.refused === true) {
      add(() => events.reset("remote connection failure", "delayed connect error: 111"));
      return;
    }
    const bodiless = (chunks.length === 0 && !trailers) || this.request?.method === "HEAD";
    const cut = (sent: number): void => {
      if (script.resetAfterChunk === sent) add(() => this.#reset(sent));
      if (script.abortAfterChunk === sent) add(() => this.stream?.clientGone());
      if (script.timeoutAfterChunk === sent) add(() => this.stream?.router.timeOut());
    };
    cut(-1);
    add(() => events.responseHeaders(status, headers, bodiless));
    if (bodiless) return;
    cut(0);
    chunks.forEach((chunk, index) => {
      const last = script.endWithLastChunk === true && !trailers && index === chunks.length - 1;
      if (script.chunkDelayMs) add(() => this.clock.advance(script.chunkDelayMs ?? 0));
      add(() => events.responseData(chunk, last));
      cut(index + 1);
    });
    if (trailers) add(() => events.responseTrailers(trailers));
    else if (script.endWithLastChunk !== true) add(() => events.responseData(nothing, true));
  }

  #reset(sent: number): void {
    const kind = sent < 0 ? "connection termination" : "protocol error";
    this.#events?.reset(this.options.resetReason ?? kind);
  }

  #step(): void {
    if (this.#gone || this.#paused) return;
    const step = this.#steps.shift();
    if (step === undefined) return;
    step();
    this.turns.post(() => this.#step());
  }
}
