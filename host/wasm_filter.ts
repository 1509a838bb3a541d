import { BodyResult, BufferType, HeadersResult, MapType, Status, StreamType } from "./abi.ts";
import type { ByteBuffer } from "./byte_buffer.ts";
import type { CallbackName } from "./callbacks.ts";
import { type BufferView, Context, type LocalReply } from "./context.ts";
import type { HeaderMap } from "./header_map.ts";
import type { Pipeline, Stage } from "./pipeline.ts";
import type { PropertySource } from "./properties.ts";
import type { RootContext } from "./root.ts";
import type { HttpStream, StreamFilter } from "./stream.ts";

const emptyBuffer: BufferView = { length: 0, copyOut: () => {}, write: () => Status.BadArgument };

/** Envoy's rules for editing a body: at 0 drain and prepend, at the end append, nothing between. */
function bodyView(buffer: ByteBuffer): BufferView {
  return {
    length: buffer.length,
    copyOut: (start, bytes, target) => buffer.copyOut(start, bytes, target),
    write(start, bytes, data) {
      if (start === 0) {
        buffer.drain(bytes);
        buffer.prepend(data);
        return Status.Ok;
      }
      if (start < buffer.length) return Status.BadArgument;
      buffer.add(data);
      return Status.Ok;
    },
  };
}

/** One direction of the module on one stream: what it may touch, and what its results mean. */
class Side implements Stage {
  /**
   * Editable while set: from the headers callback on, unless that returned Continue. Once held it
   * stays so for good, although an edit after the release changes nothing that is sent.
   */
  map: HeaderMap | null = null;
  trailerMap: HeaderMap | null = null;
  chunk: ByteBuffer | null = null;
  buffering = false;

  constructor(
    readonly filter: WasmFilter,
    readonly kind: "request" | "response",
  ) {}

  get pipeline(): Pipeline {
    const { stream } = this.filter;
    return this.kind === "request" ? stream.decode : stream.encode;
  }

  headers(endOfStream: boolean): HeadersResult {
    const { filter, kind } = this;
    if (kind === "request") filter.create();
    if (filter.passes) return HeadersResult.Continue;
    const { requestHeaders, responseHeaders } = filter.stream;
    this.map = kind === "request" ? requestHeaders : responseHeaders;
    const raw = this.#call("headers", this.map?.size ?? 0, endOfStream);
    const result = raw === null ? HeadersResult.StopAllAndWatermark : this.#headersResult(raw);
    if (result === HeadersResult.Continue) this.map = null;
    else if (endOfStream && raw !== null && !filter.stopping) {
      filter.violate(`on_${kind}_headers returned ${raw} with the end of the stream: a hang`);
    }
    return result;
  }

  #headersResult(raw: number): HeadersResult {
    if (this.filter.stopping || raw > HeadersResult.StopAllAndWatermark || raw < 0) {
      return HeadersResult.StopAllAndWatermark;
    }
    if (raw === HeadersResult.StopIteration && !this.filter.root.stopIterationAllowed) {
      this.filter.violate(
        `on_${this.kind}_headers returned 1 where the host reads it as 4: a hang`,
      );
      return HeadersResult.StopAllAndWatermark;
    }
    return raw === HeadersResult.ContinueAndEndStream ? HeadersResult.Continue : raw;
  }

  data(chunk: ByteBuffer, endOfStream: boolean): BodyResult {
    const { filter } = this;
    if (filter.passes) return BodyResult.Continue;
    if (this.buffering) this.pipeline.addBuffered(chunk);
    if (filter.stream.finished) return BodyResult.StopNoBuffer;
    this.chunk = chunk;
    const bytes = this.buffer?.length ?? 0;
    const raw = this.#call("body", bytes, endOfStream);
    const stopped = raw === null || filter.stopping || raw > BodyResult.StopNoBuffer || raw < 0;
    const result = stopped ? BodyResult.StopNoBuffer : raw;
    if (result === BodyResult.Continue) this.chunk = null;
    this.buffering = result === BodyResult.StopAndBuffer;
    return result;
  }

  trailers(): boolean {
    const { filter, kind } = this;
    if (filter.passes) return true;
    const { requestTrailers, responseTrailers } = filter.stream;
    this.trailerMap = kind === "request" ? requestTrailers : responseTrailers;
    const name: CallbackName = `proxy_on_${kind}_trailers`;
    filter.failIfDead();
    const raw = filter.call(name, this.trailerMap?.size ?? 0);
    const proceed = raw === 0 && !filter.stopping;
    if (proceed) this.trailerMap = null;
    return proceed;
  }

  /** The held body while buffering, else the chunk of the running callback. */
  get buffer(): ByteBuffer | null {
    return this.buffering ? this.pipeline.buffered : this.chunk;
  }

  #call(what: "headers" | "body", count: number, endOfStream: boolean): number | null {
    this.filter.failIfDead();
    return this.filter.call(`proxy_on_${this.kind}_${what}`, count, endOfStream ? 1 : 0);
  }
}

/** The module on one stream: a filter of the chain, and the context of its host calls. */
export class WasmFilter extends Context implements StreamFilter {
  readonly request = new Side(this, "request");
  readonly response = new Side(this, "response");
  /** This stream's failure was already answered: callbacks are over, bytes pass. */
  #failed = false;
  #created = false;
  /** The running callback's result does not count: the module stopped the stream. */
  stopping = false;

  constructor(
    readonly stream: HttpStream,
    override readonly root: RootContext,
  ) {
    super(root.vm.nextContextId());
    root.streamBegan();
  }

  /** Makes the context in the module, at its first need. */
  create(): void {
    if (this.#created) return;
    this.#created = true;
    this.root.vm.remember(this);
    this.root.vm.call(this, "proxy_on_context_create", this.id, this.root.id);
    this.failIfDead();
  }

  /** True when this filter lets everything by. */
  get passes(): boolean {
    return !this.#created || this.#failed;
  }

  /** A callback with this context's id; null when it trapped or the VM is dead. */
  call(name: CallbackName, ...args: number[]): number | null {
    const { vm } = this.root;
    if (vm.dead !== null) return null;
    const result = vm.call(this, name, this.id, ...args) ?? 0;
    this.stopping = vm.stopRequested;
    this.failIfDead();
    return vm.dead === null ? result : null;
  }

  /** On a dead VM the stream fails as under FAIL_CLOSED, also when another stream trapped it. */
  failIfDead(): void {
    if (this.root.vm.dead === null || this.#failed) return;
    this.#failed = true;
    const body = new Uint8Array();
    this.stream.localReply({ status: 503, details: "wasm_fail_stream", headers: [], body });
  }

  violate(text: string): void {
    this.root.vm.violate(text);
  }

  log(): void {
    this.create();
    this.phase = "log";
    this.root.vm.call(this, "proxy_on_log", this.id);
  }

  destroy(): void {
    if (this.#created) {
      this.phase = "done";
      this.root.vm.call(this, "proxy_on_done", this.id);
      this.phase = "delete";
      this.root.vm.call(this, "proxy_on_delete", this.id);
      this.root.vm.forget(this);
    }
    this.root.streamEnded();
  }

  override readableMap(type: MapType): HeaderMap | null {
    if (type >= MapType.CalloutHeaders) return this.root.readableMap(type);
    if (this.phase !== "log") return this.writableMap(type);
    if (type === MapType.RequestHeaders) return this.stream.requestHeaders;
    return type === MapType.ResponseHeaders ? this.stream.responseHeaders : null;
  }

  override writableMap(type: MapType): HeaderMap | null {
    if (this.phase !== "stream") return null;
    if (type === MapType.RequestHeaders) return this.request.map;
    if (type === MapType.RequestTrailers) return this.request.trailerMap;
    if (type === MapType.ResponseHeaders) return this.response.map;
    return type === MapType.ResponseTrailers ? this.response.trailerMap : null;
  }

  override mapEdited(type: MapType): void {
    if (type === MapType.RequestHeaders) this.stream.clearRouteCache();
  }

  override buffer(type: BufferType): BufferView | null {
    if (type !== BufferType.RequestBody && type !== BufferType.ResponseBody) {
      return this.root.buffer(type);
    }
    const side = type === BufferType.RequestBody ? this.request : this.response;
    const buffer = this.phase === "stream" ? side.buffer : null;
    return buffer === null ? emptyBuffer : bodyView(buffer);
  }

  /** After on_log the headers are gone, also as properties; the rest stays. */
  override get properties(): PropertySource {
    if (this.phase === "stream" || this.phase === "log") return this.stream;
    const { info } = this.stream;
    return {
      info,
      requestHeaders: null,
      responseHeaders: null,
      responseTrailers: null,
      nowNs: () => this.stream.nowNs(),
    };
  }

  /** Sent when the running callback has returned. */
  override sendLocalResponse(reply: LocalReply): void {
    this.root.vm.defer(() => this.stream.localReply(reply));
  }

  override continueStream(type: number): Status {
    if (type === StreamType.Upstream) return Status.Unimplemented;
    if (type < 0 || type > StreamType.Upstream) return Status.BadArgument;
    if (type === StreamType.Downstream) return Status.Ok;
    const side = type === StreamType.Request ? this.request : this.response;
    this.root.vm.defer(() => side.pipeline.continueFrom(side));
    this.request.map = null;
    this.request.trailerMap = null;
    this.request.chunk = null;
    return Status.Ok;
  }

  override closeStream(type: number): Status {
    if (type < 0 || type > StreamType.Upstream) return Status.BadArgument;
    if (type > StreamType.Response) return Status.Ok;
    this.stream.info.details ??= "wasm_close_stream";
    this.root.vm.defer(() => this.stream.close());
    return Status.Ok;
  }

  override clearRouteCache(): void {
    this.stream.clearRouteCache();
  }

  override setProperty(key: string, value: Uint8Array): Status {
    this.stream.info.filterState.set(`wasm.${key}`, value);
    return Status.Ok;
  }
}
