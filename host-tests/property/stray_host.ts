/**
 * A host without manners: it makes any callback at any time, for contexts that never were, and
 * answers host calls with what comes to hand. No host is so; what survives it survives all.
 */
import { Status } from "../../host/abi.ts";

/** One callback, and all that the host answers while it runs. */
export interface Step {
  callback: number;
  context: number;
  parent: number;
  size: number;
  endOfStream: boolean;
  /** What buffers, properties and header maps hold. */
  bytes: Uint8Array;
  pairs: Uint8Array;
  /** Answers of the host calls in turn; after the last one, all succeed. */
  answers: number[];
}

export const statuses: number[] = Object.values(Status).filter(
  (status) => typeof status === "number",
);

type Exported = (...args: number[]) => number;

const callbacks = [
  ...["context_create", "configure", "request_headers", "request_body", "request_trailers"],
  ...["response_headers", "response_body", "response_trailers", "log", "done", "delete"],
];

export const callbackCount = callbacks.length;

/** How many arguments each has after the context's id: a number, and the end of the stream. */
const withEnd = new Set(["request_headers", "request_body", "response_headers", "response_body"]);
const results: Record<string, number[]> = {
  ...{ request_headers: [0, 1], response_headers: [0], request_body: [0, 1], response_body: [0] },
  ...{ request_trailers: [0, 1], response_trailers: [0], configure: [0, 1], done: [1] },
};

/** Pairs in the form in which hosts hand header maps over. */
export function serializedPairs(pairs: [string, string][]): Uint8Array {
  const texts = pairs.flat().map((text) => Buffer.from(text));
  const words = new Uint32Array([pairs.length, ...texts.map((text) => text.length)]);
  const ends = texts.flatMap((text) => [text, Buffer.of(0)]);
  return Buffer.concat([new Uint8Array(words.buffer), ...ends]);
}

export class StrayHost {
  /** What it did that ends a real gateway's process, or answers a request twice. */
  readonly sins: string[] = [];
  private readonly exports: Record<string, Exported>;
  private readonly memory: WebAssembly.Memory;
  private step: Step | null = null;
  private running = "";
  private answers: number[] = [];
  private readonly replied = new Set<number>();

  constructor(module: WebAssembly.Module) {
    const imports: WebAssembly.Imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = (...args: number[]) => this.called(name, args);
    }
    const instance = new WebAssembly.Instance(module, imports);
    this.exports = instance.exports as Record<string, Exported>;
    this.memory = instance.exports.memory as WebAssembly.Memory;
    this.exports._initialize?.();
  }

  /** Makes one callback; throws what the module throws. */
  take(step: Step): void {
    const name = callbacks[step.callback] ?? "";
    this.step = step;
    this.running = name;
    this.answers = [...step.answers];
    const end = withEnd.has(name) ? [Number(step.endOfStream)] : [];
    const second = name === "context_create" ? step.parent : step.size;
    const result = this.exports[`proxy_on_${name}`]?.(step.context, second, ...end);
    const allowed = results[name];
    if (allowed && !allowed.includes(result ?? -1)) this.sins.push(`${name} gave ${result}`);
    if (name === "request_headers" && step.endOfStream && result !== 0) this.sins.push("held");
    if (name === "context_create" || name === "delete") this.replied.delete(step.context);
  }

  get memoryBytes(): number {
    return this.memory.buffer.byteLength;
  }

  private called(name: string, args: number[]): number {
    const { step } = this;
    if (step === null) return Status.Ok;
    const status = this.answers.shift() ?? Status.Ok;
    if (name === "proxy_send_local_response") this.reply(step, status);
    const last = /^(log|done|delete)$/.test(this.running);
    if (name === "proxy_close_stream" && last) this.sins.push(`closed in ${this.running}`);
    if (status !== Status.Ok) return status;
    if (name === "proxy_get_buffer_bytes") {
      const [, start = 0, max = 0, ...out] = args;
      return this.give(step.bytes.subarray(start >>> 0, (start >>> 0) + (max >>> 0)), out);
    }
    if (name === "proxy_get_header_map_pairs") return this.give(step.pairs, args.slice(1));
    if (name === "proxy_get_property") return this.give(step.bytes, args.slice(2));
    if (name === "proxy_call_foreign_function") return this.give(step.bytes, args.slice(4));
    if (name === "proxy_define_metric") this.store(args[3] ?? 0, step.size);
    return Status.Ok;
  }

  private reply(step: Step, status: number): void {
    if (!this.running.startsWith("request_")) this.sins.push(`replied in ${this.running}`);
    if (status !== Status.Ok) return;
    if (this.replied.has(step.context)) this.sins.push("replied twice");
    this.replied.add(step.context);
  }

  private give(bytes: Uint8Array, [outPtr = 0, outBytes = 0]: number[]): number {
    const ptr = this.exports.malloc?.(bytes.length) ?? 0;
    new Uint8Array(this.memory.buffer).set(bytes, ptr >>> 0);
    this.store(outPtr, ptr);
    this.store(outBytes, bytes.length);
    return Status.Ok;
  }

  private store(at: number, word: number): void {
    if (at !== 0) new DataView(this.memory.buffer).setUint32(at >>> 0, word >>> 0, true);
  }
}
