/** The counting exports of the built module, as a program sees them that is no gateway. */
import { readFileSync } from "node:fs";
import { buildModule } from "../../tools/build.ts";

/** The faults that stand in place of a number (`assembly/count/fault.ts`). */
export const fault = { encoding: -1, text: -2, stream: -3, finished: -4, room: -5 };

interface Raw {
  memory: WebAssembly.Memory;
  _initialize(): void;
  tokenstile_count_encoding(ptr: number, bytes: number): number;
  tokenstile_count_encodings(ptr: number, bytes: number): number;
  tokenstile_count_alloc(bytes: number): number;
  tokenstile_count_free(ptr: number): number;
  tokenstile_count_text(encoding: number, ptr: number, bytes: number): number;
  tokenstile_count_text_till(encoding: number, ptr: number, bytes: number, max: number): number;
  tokenstile_count_stream_start(encoding: number): number;
  tokenstile_count_stream_feed(handle: number, ptr: number, bytes: number): number;
  tokenstile_count_stream_finish(handle: number): bigint;
  tokenstile_count_stream_tokens(handle: number): bigint;
  tokenstile_count_stream_exact(handle: number): number;
  tokenstile_count_stream_dispose(handle: number): number;
}

const utf8 = new TextEncoder();

/** A fresh VM whose host offers nothing: a call to it fails. */
export class CountExports {
  private constructor(readonly raw: Raw) {}

  static async load(): Promise<CountExports> {
    const module = new WebAssembly.Module(readFileSync(await buildModule()));
    const imports: Record<string, Record<string, () => never>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = () => {
        throw new Error(`${name} was called`);
      };
    }
    const raw = new WebAssembly.Instance(module, imports).exports as unknown as Raw;
    raw._initialize();
    return new CountExports(raw);
  }

  /** Calls with the text in a buffer of its own, and frees that. */
  withText<T>(text: string | Uint8Array, call: (ptr: number, bytes: number) => T): T {
    const bytes = typeof text === "string" ? utf8.encode(text) : text;
    const ptr = this.raw.tokenstile_count_alloc(bytes.length);
    new Uint8Array(this.raw.memory.buffer, ptr, bytes.length).set(bytes);
    try {
      return call(ptr, bytes.length);
    } finally {
      this.raw.tokenstile_count_free(ptr);
    }
  }

  /** The number of an encoding, or the fault. */
  encoding(name: string): number {
    return this.withText(name, (ptr, bytes) => this.raw.tokenstile_count_encoding(ptr, bytes));
  }
}
