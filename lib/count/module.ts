import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { sliceLength, type Text } from "./text.ts";

/** From this source and from what is compiled of it, the module is equally far away. */
export const usualModule = new URL("../../build/tokenstile.wasm", import.meta.url);

/** A code unit takes three bytes of UTF-8 at most. */
const bufferBytes = sliceLength * 3;

/** What the module exports for counting (`assembly/count`). Answers below zero are faults. */
interface CountExports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  tokenstile_count_encoding(namePtr: number, nameBytes: number): number;
  tokenstile_count_encodings(ptr: number, bytesMax: number): number;
  tokenstile_count_alloc(bytes: number): number;
  tokenstile_count_free(ptr: number): number;
  tokenstile_count_text(encoding: number, ptr: number, bytes: number): number;
  tokenstile_count_text_till(encoding: number, ptr: number, bytes: number, max: number): number;
  tokenstile_count_stream_start(encoding: number): number;
  tokenstile_count_stream_feed(stream: number, ptr: number, bytes: number): number;
  tokenstile_count_stream_finish(stream: number): bigint;
  tokenstile_count_stream_tokens(stream: number): bigint;
  tokenstile_count_stream_exact(stream: number): number;
  tokenstile_count_stream_dispose(stream: number): number;
}

const utf8 = new TextEncoder();
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The gateway's module, set up to count and nothing else. One buffer in its memory takes all texts,
 * slice by slice. A call is over before the next one begins, so counters and streams share it.
 */
export class CountModule {
  static readonly #loaded = new Map<string, Promise<CountModule>>();

  readonly #exports: CountExports;
  readonly #ptr: number;
  #buffer: Uint8Array;

  private constructor(exports: CountExports) {
    this.#exports = exports;
    this.#ptr = exports.tokenstile_count_alloc(bufferBytes);
    this.#buffer = this.#mapped();
  }

  /** The module of that file, loaded once in this process (or worker thread). */
  static of(file: URL): Promise<CountModule> {
    const loaded = CountModule.#loaded.get(file.href) ?? CountModule.#load(file);
    CountModule.#loaded.set(file.href, loaded);
    loaded.catch(() => CountModule.#loaded.delete(file.href));
    return loaded;
  }

  static async #load(file: URL): Promise<CountModule> {
    const module = await WebAssembly.compile(await readModule(file));
    // Counting calls nothing of a host; what a gateway would offer only has to be there.
    const imports: Record<string, Record<string, () => number>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = () => 0;
    }
    const { exports } = await WebAssembly.instantiate(module, imports);
    if (!("tokenstile_count_text" in exports)) {
      throw new Error(`${fileURLToPath(file)} is no module of tokenstile that counts.`);
    }
    const counting = exports as unknown as CountExports;
    counting._initialize();
    return new CountModule(counting);
  }

  /** Bytes of the module's memory: its tables, the buffer, and what open streams hold. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** The names of the encodings that it carries. */
  encodings(): string[] {
    const bytes = this.#exports.tokenstile_count_encodings(this.#ptr, bufferBytes);
    const lines = new TextDecoder().decode(this.#view().subarray(0, bytes));
    return lines.split("\n").slice(0, -1);
  }

  /** The number of an encoding; below zero when it does not carry it. */
  encodingNamed(name: string): number {
    return this.#exports.tokenstile_count_encoding(this.#ptr, this.#put(name));
  }

  /** The tokens of a whole text of up to `sliceLength`. */
  count(encoding: number, text: Text): number {
    return this.#exports.tokenstile_count_text(encoding, this.#ptr, this.#put(text));
  }

  /** The tokens of a text of any length, in one piece; null when there is no room for it. */
  countWhole(encoding: number, text: Text): number | null {
    const exports = this.#exports;
    // In one piece, too, only UTF-8 without faults is counted exactly whatever its runs are.
    const whole = typeof text === "string" ? text : lenient.decode(text);
    const bytesMax = Buffer.byteLength(whole);
    const ptr = exports.tokenstile_count_alloc(bytesMax);
    if (ptr === 0) return null;
    const bytes = put(whole, new Uint8Array(exports.memory.buffer, ptr, bytesMax));
    const tokens = exports.tokenstile_count_text(encoding, ptr, bytes);
    exports.tokenstile_count_free(ptr);
    return tokens;
  }

  /** As `count`, if they are `tokensMax` (under 2^31) or fewer; else some number above it. */
  countTill(encoding: number, text: Text, tokensMax: number): number {
    const bytes = this.#put(text);
    return this.#exports.tokenstile_count_text_till(encoding, this.#ptr, bytes, tokensMax);
  }

  /** The handle of a new stream; below zero when too many are open. */
  start(encoding: number): number {
    return this.#exports.tokenstile_count_stream_start(encoding);
  }

  /** Feeds a stream with up to `sliceLength`. */
  feed(stream: number, text: Text): void {
    this.#exports.tokenstile_count_stream_feed(stream, this.#ptr, this.#put(text));
  }

  finish(stream: number): number {
    return Number(this.#exports.tokenstile_count_stream_finish(stream));
  }

  /** The tokens that are certain so far. */
  tokens(stream: number): number {
    return Number(this.#exports.tokenstile_count_stream_tokens(stream));
  }

  isExact(stream: number): boolean {
    return this.#exports.tokenstile_count_stream_exact(stream) === 1;
  }

  dispose(stream: number): void {
    this.#exports.tokenstile_count_stream_dispose(stream);
  }

  /** Puts a text of up to `sliceLength` into the buffer, and answers its bytes. */
  #put(text: Text): number {
    return put(text, this.#view());
  }

  /** The buffer. A view of memory that has grown since is empty. */
  #view(): Uint8Array {
    if (this.#buffer.length === 0) this.#buffer = this.#mapped();
    return this.#buffer;
  }

  #mapped(): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, this.#ptr, bufferBytes);
  }
}

/** Puts a text into memory that is large enough for it; lone surrogates become U+FFFD. */
function put(text: Text, memory: Uint8Array): number {
  if (typeof text === "string") return utf8.encodeInto(text, memory).written;
  memory.set(text);
  return text.length;
}

async function readModule(file: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw error;
    throw new Error(`There is no file ${fileURLToPath(file)}; \`npm run build\` makes modules.`);
  }
}
