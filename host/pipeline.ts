import { BodyResult, HeadersResult } from "./abi.ts";
import { ByteBuffer } from "./byte_buffer.ts";

/** One direction of one filter. */
export interface Stage {
  headers(endOfStream: boolean): HeadersResult;
  data(chunk: ByteBuffer, endOfStream: boolean): BodyResult;
  /** True: go on. */
  trailers(): boolean;
}

/** The end of a pipeline: the router for requests, the client for responses. */
export interface Sink {
  headers(endOfStream: boolean): void;
  data(chunk: ByteBuffer, endOfStream: boolean): void;
  trailers(): void;
}

/** What a pipeline asks of the stream around it. */
export interface PipelineHost {
  /** The stream is over: nothing may move any more. */
  readonly finished: boolean;
  /** A held body has grown over the limit. */
  tooLarge(): void;
  /** Stops or restarts the source, because a watermark was crossed. */
  pauseSource(paused: boolean): void;
  /** A callback has returned: a local reply may be waiting. */
  returned(): void;
  /** `continue` was called from inside the very callback that is running. */
  continuedInside(): void;
}

enum Iteration {
  Continue,
  /** Stopped after headers, data or trailers; later data still reaches the stage. */
  StopSingle,
  /** Stopped for everything: data queues in front of the stage. */
  StopAllBuffer,
  StopAllWatermark,
}

class Station {
  iteration = Iteration.Continue;
  headersContinued = false;
  endOfStream = false;
  /** While resuming from a full stop, queued data enters this stage first. */
  resumesHere = false;

  constructor(readonly stage: Stage) {}

  get stoppedAll(): boolean {
    return this.iteration >= Iteration.StopAllBuffer;
  }
}

/**
 * One direction of a filter chain with Envoy's rules (its filter manager): where each stage
 * stopped, what is buffered for the stopped one, and what flows when it continues. At most one
 * buffer exists; a stage that stops while buffered data flows through it keeps that same buffer.
 */
export class Pipeline {
  buffered: ByteBuffer | null = null;
  /** Set when a local reply cut this direction. */
  aborted = false;
  /** The stage whose callback is running. */
  running: Stage | null = null;
  #stations: Station[];
  #watermark = false;
  #overLimit = false;
  #ended = false;
  #hasTrailers = false;

  constructor(
    stages: Stage[],
    readonly sink: Sink,
    readonly host: PipelineHost,
    readonly bufferBytesMax: number,
  ) {
    this.#stations = stages.map((stage) => new Station(stage));
  }

  headers(endOfStream: boolean): void {
    this.#ended = endOfStream;
    this.#runHeaders(0, endOfStream);
  }

  data(piece: Uint8Array, endOfStream: boolean): void {
    this.#ended = endOfStream;
    this.#runData(0, ByteBuffer.of(piece), endOfStream);
  }

  trailers(): void {
    this.#ended = true;
    this.#hasTrailers = true;
    this.#runTrailers(0);
  }

  /** The message has come in whole. */
  get ended(): boolean {
    return this.#ended;
  }

  /** True when some stage holds the message back. */
  get held(): boolean {
    return this.#stations.some(({ iteration }) => iteration !== Iteration.Continue);
  }

  /** Puts data into the buffer of a stage from inside its callback. */
  addBuffered(chunk: ByteBuffer): void {
    this.#watermark = false;
    this.#keep(chunk);
  }

  /** What `continue_stream` does for a stage; harmless when it did not stop. */
  continueFrom(stage: Stage): void {
    if (this.running === stage) this.host.continuedInside();
    const index = this.#stations.findIndex((station) => station.stage === stage);
    if (index >= 0) this.#resume(index);
  }

  #resume(index: number): void {
    const station = this.#stations[index] as Station;
    if (this.#dead) return;
    if (station.iteration === Iteration.Continue && station.headersContinued) return;
    station.resumesHere = station.stoppedAll;
    station.iteration = Iteration.Continue;
    if (!station.headersContinued) {
      station.headersContinued = true;
      const whole = this.#ended && this.buffered === null && !this.#hasTrailers;
      this.#runHeaders(index + 1, whole);
    }
    const first = station.resumesHere ? index : index + 1;
    const hadTrailers = this.#hasTrailers;
    if (this.buffered !== null && !this.#dead) {
      this.#runData(first, this.buffered, this.#ended && !hadTrailers);
      this.#relax();
    }
    if (hadTrailers && !this.#dead) this.#runTrailers(first);
    station.resumesHere = false;
  }

  get #dead(): boolean {
    return this.aborted || this.host.finished;
  }

  /** Runs one callback; false when the direction was cut in it. */
  #enter<Result>(station: Station, callback: () => Result): Result | null {
    this.running = station.stage;
    const result = callback();
    this.running = null;
    this.host.returned();
    return this.#dead ? null : result;
  }

  #runHeaders(from: number, endOfStream: boolean): void {
    for (let index = from; index < this.#stations.length; index++) {
      const station = this.#stations[index] as Station;
      station.endOfStream = endOfStream;
      const result = this.#enter(station, () => station.stage.headers(endOfStream));
      if (result === null) return;
      if (result === HeadersResult.StopIteration) {
        station.iteration = Iteration.StopSingle;
        return;
      }
      if (result >= HeadersResult.StopAllAndBuffer) {
        const buffers = result === HeadersResult.StopAllAndBuffer;
        station.iteration = buffers ? Iteration.StopAllBuffer : Iteration.StopAllWatermark;
        return;
      }
      station.headersContinued = true;
    }
    this.sink.headers(endOfStream);
  }

  #runData(from: number, chunk: ByteBuffer, endOfStream: boolean): void {
    if (this.#dead) return;
    for (let index = from; index < this.#stations.length; index++) {
      const station = this.#stations[index] as Station;
      if (station.stoppedAll) {
        this.#watermark = station.iteration === Iteration.StopAllWatermark;
        this.#keep(chunk);
        return;
      }
      if (station.endOfStream) return;
      station.endOfStream = endOfStream && !this.#hasTrailers;
      const end = station.endOfStream;
      const result = this.#enter(station, () => station.stage.data(chunk, end));
      if (result === null || !this.#afterData(index, result, chunk)) return;
    }
    this.sink.data(chunk, endOfStream);
  }

  /** True: the data goes on to the next stage. */
  #afterData(index: number, result: BodyResult, chunk: ByteBuffer): boolean {
    const station = this.#stations[index] as Station;
    if (result === BodyResult.Continue) {
      if (station.iteration !== Iteration.StopSingle) return true;
      this.#keep(chunk);
      this.#resume(index);
      return false;
    }
    station.iteration = Iteration.StopSingle;
    if (result === BodyResult.StopNoBuffer) {
      chunk.take();
      const empty = this.#ended && !this.#hasTrailers && this.buffered === null;
      if (empty) this.buffered = new ByteBuffer();
      return false;
    }
    this.#watermark = result === BodyResult.StopAndWatermark;
    this.#keep(chunk);
    return false;
  }

  #runTrailers(from: number): void {
    if (this.#dead) return;
    for (let index = from; index < this.#stations.length; index++) {
      const station = this.#stations[index] as Station;
      if (station.stoppedAll) return;
      station.endOfStream = true;
      const proceed = this.#enter(station, () => station.stage.trailers());
      if (proceed === null) return;
      if (!proceed) {
        if (station.iteration === Iteration.Continue) station.iteration = Iteration.StopSingle;
        return;
      }
      if (station.iteration === Iteration.StopSingle) {
        this.#resume(index);
        return;
      }
    }
    this.sink.trailers();
  }

  #keep(chunk: ByteBuffer): void {
    if (this.buffered !== chunk) {
      this.buffered ??= new ByteBuffer();
      this.buffered.move(chunk);
    }
    if (this.buffered.length <= this.bufferBytesMax || this.#overLimit) return;
    this.#overLimit = true;
    if (this.#watermark) this.host.pauseSource(true);
    else this.host.tooLarge();
  }

  /** The buffer has flowed on: a paused source may go on. */
  #relax(): void {
    if (!this.#overLimit || (this.buffered?.length ?? 0) > this.bufferBytesMax) return;
    this.#overLimit = false;
    this.host.pauseSource(false);
  }
}
