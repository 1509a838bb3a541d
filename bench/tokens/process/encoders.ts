/** How each npm package, and our module, is loaded and asked for a count. */
import { readFileSync } from "node:fs";

/** An engine that is ready for one encoding. */
export interface Encoder<Text> {
  count(text: Text): number;
  /** Bytes of its linear memory. */
  linearBytes?(): number;
}

export interface Engine {
  /** What it is given; strings are made before the clock starts. */
  input: "bytes" | "text";
  load(encoding: string): Promise<Encoder<never>>;
}

/** More than any text has. */
const bufferBytes = 2_097_152;

/** Code units of one delta. */
const deltaLength = 4;

/** What every module of ours has. */
interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
}

interface CountExports extends Exports {
  tokenstile_count_encoding(namePtr: number, nameBytes: number): number;
  tokenstile_count_alloc(bytes: number): number;
  tokenstile_count_text(encoding: number, ptr: number, bytes: number): number;
}

/** Of stream.as.ts. */
interface StreamExports extends Exports {
  encodingNamed(namePtr: number, nameBytes: number): number;
  allocate(bytes: number): number;
  countChunks(encoding: number, ptr: number, bytes: number): number;
}

export const engines: Record<string, Engine> = {
  /** The gateway's module: each text is copied into its memory, as a body is. */
  module: { input: "bytes", load: loadModule },
  /** Our library, which takes strings as the other packages do. */
  library: {
    input: "text",
    load: async (encoding) => (await importLibrary()).loadCounter(encoding),
  },
  /** The counter fed with a few bytes at a time, by the module itself. */
  chunks: { input: "bytes", load: loadChunks },
  /** The library fed with a few letters at a time. */
  deltas: { input: "text", load: loadDeltas },
  tiktoken: {
    input: "text",
    load: async (encoding) => {
      const { get_encoding } = await import("tiktoken");
      const encoder = get_encoding(encoding as "o200k_base");
      return { count: (text: string) => encoder.encode_ordinary(text).length };
    },
  },
  "gpt-tokenizer": {
    input: "text",
    load: async (encoding) => {
      const from = `gpt-tokenizer/encoding/${encoding}`;
      const { countTokens } = (await import(from)) as { countTokens(text: string): number };
      return { count: (text: string) => countTokens(text) };
    },
  },
  "ai-tokenizer": {
    input: "text",
    load: async (encoding) => {
      const { Tokenizer } = await import("ai-tokenizer");
      const from = `ai-tokenizer/encoding/${encoding}`;
      const vocabulary = (await import(from)) as ConstructorParameters<typeof Tokenizer>[0];
      const tokenizer = new Tokenizer(vocabulary);
      return { count: (text: string) => tokenizer.count(text) };
    },
  },
  "js-tiktoken": {
    input: "text",
    load: async (encoding) => {
      const { Tiktoken } = await import("js-tiktoken/lite");
      const from = `js-tiktoken/ranks/${encoding}`;
      const ranks = (await import(from)) as { default: ConstructorParameters<typeof Tiktoken>[0] };
      const encoder = new Tiktoken(ranks.default);
      return { count: (text: string) => encoder.encode(text, [], []).length };
    },
  },
};

type Library = typeof import("../../../lib/count/index.ts");

/** By the name that its users write; it is there once the library is built. */
async function importLibrary(): Promise<Library> {
  const from = "tokenstile/count";
  return (await import(from)) as Library;
}

async function loadModule(name: string): Promise<Encoder<Uint8Array>> {
  const exports = await instantiate<CountExports>("../../tokenstile.wasm");
  const landing = new Landing(exports, exports.tokenstile_count_alloc(bufferBytes));
  const encoding = exports.tokenstile_count_encoding(landing.ptr, landing.put(asBytes(name)));
  const count = (text: Uint8Array): number =>
    exports.tokenstile_count_text(encoding, landing.ptr, landing.put(text));
  return { count, linearBytes: () => exports.memory.buffer.byteLength };
}

async function loadChunks(name: string): Promise<Encoder<Uint8Array>> {
  const exports = await instantiate<StreamExports>("../../unit/stream.wasm");
  const landing = new Landing(exports, exports.allocate(bufferBytes));
  const encoding = exports.encodingNamed(landing.ptr, landing.put(asBytes(name)));
  const count = (text: Uint8Array): number =>
    exports.countChunks(encoding, landing.ptr, landing.put(text));
  return { count };
}

async function loadDeltas(name: string): Promise<Encoder<string>> {
  const counter = await (await importLibrary()).loadCounter(name);
  const count = (text: string): number => {
    const stream = counter.stream();
    for (let at = 0; at < text.length; at += deltaLength) {
      stream.feed(text.slice(at, at + deltaLength));
    }
    return stream.finish();
  };
  return { count };
}

/** The place in a module's memory that every text is copied to. */
class Landing {
  readonly ptr: number;
  readonly #exports: Exports;
  #buffer: Uint8Array;

  constructor(exports: Exports, ptr: number) {
    this.ptr = ptr;
    this.#exports = exports;
    this.#buffer = new Uint8Array(exports.memory.buffer, ptr, bufferBytes);
  }

  /** Answers the text's bytes. */
  put(text: Uint8Array): number {
    if (this.#buffer.length === 0) {
      // Memory that has grown lies in another buffer.
      this.#buffer = new Uint8Array(this.#exports.memory.buffer, this.ptr, bufferBytes);
    }
    this.#buffer.set(text);
    return text.length;
  }
}

/** Addresses are seen from `build/bench/process`, where this is compiled to. */
async function instantiate<Own extends Exports>(path: string): Promise<Own> {
  const file = readFileSync(new URL(path, import.meta.url));
  const module = await WebAssembly.compile(new Uint8Array(file));
  // Counting calls nothing of a host; what a gateway would offer only has to be there.
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    (imports[space] ??= {})[name] = () => 0;
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  const own = exports as unknown as Own;
  own._initialize();
  return own;
}

function asBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
