/**
 * The least a proxy-wasm host can be: what the module asks for is copied from buffers that lie
 * ready, what it says is dropped. It checks nothing, so that little but the module is measured;
 * `host/` is the host that the tests trust.
 */
export type HeaderList = [name: string, value: string][];

/** What the host has at hand for the stream that it is driving. */
export interface StreamData {
  requestHead: Uint8Array;
  requestBody: Uint8Array;
  responseHead: Uint8Array;
  /** Envoy's response code details. */
  details: Uint8Array;
}

/** What the module did, where somebody wants to know. */
export interface Recording {
  properties: Map<string, string>;
  headers: Map<string, string>;
  /** Host calls by name. */
  calls: Map<string, number>;
  /** What was added to counters, by their names. */
  counters: Map<string, number>;
  /** Each host call with its arguments, in order. */
  journal: [name: string, args: number[]][];
  /** What the response's chunks became; the chunk itself where the module left it alone. */
  delivered: Buffer[];
}

interface ModuleExports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(bytes: number): number;
  proxy_on_context_create(id: number, parent: number): void;
  proxy_on_configure(id: number, bytes: number): number;
  proxy_on_request_headers(id: number, count: number, end: number): number;
  proxy_on_request_body(id: number, bytes: number, end: number): number;
  proxy_on_response_headers(id: number, count: number, end: number): number;
  proxy_on_response_body(id: number, bytes: number, end: number): number;
  proxy_on_response_trailers(id: number, count: number): number;
  proxy_on_log(id: number): void;
  proxy_on_done(id: number): number;
  proxy_on_delete(id: number): void;
}

/** Numbers, but for the 64-bit ones of metrics. */
type HostCall = (...args: number[]) => number;

export interface LeanHostOptions {
  /** Whether `record` works; it makes every host call dearer. */
  watched?: boolean;
}

const ok = 0;
const notFound = 1;
const unimplemented = 12;
const requestBodyType = 0;
const responseBodyType = 1;
const configurationType = 7;
const requestMap = 0;

const upstreamAddress = Buffer.from("127.0.0.1:9000");

/** Lengths tell the module's two properties apart without comparing them. */
const codeDetailsPathBytes = "response\0code_details".length;
const upstreamAddressPathBytes = "upstream\0address".length;

export const rootId = 1;

/** Header pairs in the ABI's form. */
export function serializePairs(pairs: HeaderList): Uint8Array {
  const sizes = Buffer.alloc(4 + pairs.length * 8);
  sizes.writeUInt32LE(pairs.length, 0);
  pairs.forEach(([name, value], index) => {
    sizes.writeUInt32LE(Buffer.byteLength(name), 4 + index * 8);
    sizes.writeUInt32LE(Buffer.byteLength(value), 8 + index * 8);
  });
  const texts = pairs.map(([name, value]) => Buffer.from(`${name}\0${value}\0`));
  return Buffer.concat([sizes, ...texts]);
}

/** What this host lacks is there too, and says so: a stream as it is run here needs none of it. */
function importsOf(module: WebAssembly.Module, own: Record<string, HostCall>): WebAssembly.Imports {
  const imports: Record<string, Record<string, HostCall>> = {};
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    (imports[space] ??= {})[name] = own[name] ?? (() => unimplemented);
  }
  return imports;
}

/** One VM with one configuration; the caller drives its exports. */
export class LeanHost {
  readonly exports: ModuleExports;
  stream: StreamData | null = null;
  responseChunk: Uint8Array = new Uint8Array();
  recording: Recording | null = null;
  readonly calls: Record<string, HostCall>;
  #configuration: Uint8Array = new Uint8Array();
  #bytes: Uint8Array;
  #words: DataView;
  #allocate: (bytes: number) => number;
  #metrics = 0;
  readonly #metricNames = new Map<number, string>();
  #replayLanding = 0;

  constructor(module: WebAssembly.Module, options: LeanHostOptions = {}) {
    this.calls = this.#hostCalls();
    const calls = Object.entries(this.calls);
    const watched = calls.map(([name, call]) => [name, this.#watched(name, call)] as const);
    const own = Object.fromEntries(options.watched ? watched : calls);
    const instance = new WebAssembly.Instance(module, importsOf(module, own));
    this.exports = instance.exports as unknown as ModuleExports;
    this.#bytes = new Uint8Array(this.exports.memory.buffer);
    this.#words = new DataView(this.exports.memory.buffer);
    this.#allocate = this.exports.malloc;
    this.exports._initialize();
  }

  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** Gives the module its configuration; throws when it refuses. */
  configure(configuration: object): void {
    this.#configuration = Buffer.from(JSON.stringify(configuration));
    this.exports.proxy_on_context_create(rootId, 0);
    if (!this.exports.proxy_on_configure(rootId, this.#configuration.length)) {
      throw new Error("the module refuses the bench's configuration");
    }
  }

  /** Records what the module does while `run` runs. */
  record(run: () => void): Recording {
    const recording: Recording = {
      ...{ properties: new Map(), headers: new Map(), calls: new Map() },
      ...{ counters: new Map(), journal: [], delivered: [] },
    };
    this.recording = recording;
    run();
    this.recording = null;
    return recording;
  }

  /** Repeats a journal's calls without the module: what this host itself takes for them. */
  replay(journal: Recording["journal"]): void {
    if (this.#replayLanding === 0) this.#replayLanding = this.exports.malloc(1 << 20);
    this.#allocate = () => this.#replayLanding;
    for (const [name, args] of journal) this.calls[name]?.(...args);
    this.#allocate = this.exports.malloc;
  }

  #watched(name: string, call: HostCall): HostCall {
    return (...args) => {
      const recording = this.recording;
      if (recording !== null) {
        recording.calls.set(name, (recording.calls.get(name) ?? 0) + 1);
        recording.journal.push([name, args]);
        this.#note(recording, name, args);
      }
      const status = call(...args);
      const [, namePtr = 0, nameBytes = 0] = args;
      if (name === "proxy_define_metric") {
        this.#metricNames.set(this.#metrics, this.#text(namePtr, nameBytes));
      }
      return status;
    };
  }

  #note(recording: Recording, name: string, args: number[]): void {
    const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = args;
    if (name === "proxy_set_property") {
      recording.properties.set(this.#text(first, second), this.#text(third, fourth));
    } else if (name === "proxy_replace_header_map_value" && first === requestMap) {
      recording.headers.set(this.#text(second, third), this.#text(fourth, fifth));
    } else if (name === "proxy_increment_metric") {
      const counter = this.#metricNames.get(first) ?? "";
      recording.counters.set(counter, (recording.counters.get(counter) ?? 0) + Number(second));
    } else if (name === "proxy_set_buffer_bytes" && first === responseBodyType) {
      recording.delivered.pop();
      recording.delivered.push(Buffer.from(this.#text(fourth, fifth), "latin1"));
    }
  }

  #text(ptr: number, bytes: number): string {
    this.#refresh();
    return Buffer.from(this.#bytes.buffer, ptr, bytes).toString("latin1");
  }

  /** A memory that has grown lies in another buffer. */
  #refresh(): void {
    if (this.#bytes.length !== 0) return;
    this.#bytes = new Uint8Array(this.exports.memory.buffer);
    this.#words = new DataView(this.exports.memory.buffer);
  }

  #hand(data: Uint8Array, outPtr: number, outBytes: number): number {
    const ptr = this.#allocate(data.length);
    this.#refresh();
    this.#bytes.set(data, ptr);
    this.#words.setUint32(outPtr, ptr, true);
    this.#words.setUint32(outBytes, data.length, true);
    return ok;
  }

  #property(pathBytes: number, outPtr: number, outBytes: number): number {
    if (pathBytes === codeDetailsPathBytes) {
      return this.#hand(this.stream?.details ?? upstreamAddress, outPtr, outBytes);
    }
    if (pathBytes !== upstreamAddressPathBytes) return notFound;
    return this.#hand(upstreamAddress, outPtr, outBytes);
  }

  #buffer(type: number): Uint8Array {
    if (type === configurationType) return this.#configuration;
    if (type === requestBodyType && this.stream !== null) return this.stream.requestBody;
    return this.responseChunk;
  }

  #hostCalls(): Record<string, HostCall> {
    const nothing = (): number => ok;
    return {
      proxy_get_buffer_bytes: (type = 0, start = 0, most = 0, outPtr = 0, outBytes = 0) =>
        this.#hand(this.#buffer(type).subarray(start, start + most), outPtr, outBytes),
      proxy_get_header_map_pairs: (map = 0, outPtr = 0, outBytes = 0) => {
        if (this.stream === null) return notFound;
        const { requestHead, responseHead } = this.stream;
        return this.#hand(map === requestMap ? requestHead : responseHead, outPtr, outBytes);
      },
      proxy_get_property: (_path, bytes = 0, outPtr = 0, outBytes = 0) =>
        this.#property(bytes, outPtr, outBytes),
      proxy_define_metric: (_type, _name, _bytes, outId = 0) => {
        this.#refresh();
        this.#words.setUint32(outId, ++this.#metrics, true);
        return ok;
      },
      proxy_get_current_time_nanoseconds: (outNs = 0) => {
        this.#refresh();
        const nowMs = performance.now();
        this.#words.setUint32(outNs, (nowMs * 1e6) >>> 0, true);
        this.#words.setUint32(outNs + 4, (nowMs * (1e6 / 2 ** 32)) >>> 0, true);
        return ok;
      },
      proxy_log: (_level, ptr = 0, bytes = 0) => {
        process.stderr.write(`${this.#text(ptr, bytes)}\n`);
        return ok;
      },
      // The same numbers in every VM, so that every run does the same.
      random_get: (ptr = 0, bytes = 0) => {
        this.#refresh();
        for (let at = 0; at < bytes; at++) this.#bytes[ptr + at] = (at * 197 + 89) & 0xff;
        return ok;
      },
      proxy_increment_metric: nothing,
      proxy_record_metric: nothing,
      proxy_set_property: nothing,
      proxy_replace_header_map_value: nothing,
      proxy_remove_header_map_value: nothing,
      proxy_set_buffer_bytes: nothing,
      proxy_send_local_response: nothing,
      proxy_close_stream: nothing,
      proxy_call_foreign_function: () => notFound,
    };
  }
}
