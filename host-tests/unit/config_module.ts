import { readFileSync } from "node:fs";
import { buildUnit } from "../../tools/build.ts";

/** What is wrong where: the path and the reason of one mistake. */
export type Mistake = [path: string, reason: string];

/** A configuration as the unit's `describe` shows it. */
export interface Described {
  name: string;
  onFailureAllows: boolean;
  count: number;
  memo: number;
  identities: { kind: number; header: string; property: string; keys: number }[];
  anonymous: string | null;
  models: {
    name: string;
    encoding: number;
    framing: string;
    images: string | number;
    contextWindow: number;
    price: number[] | null;
    spread: number;
    spreadHeader: string;
    weightTotal: number;
    targets: [
      route: string | null,
      model: string,
      renames: boolean,
      weight: number,
      usage: boolean,
    ][];
  }[];
  unpricedAllowed: boolean;
  unknownModelPasses: boolean;
  defaultPrice: number[] | null;
  includeUsage: boolean;
  unmeteredPasses: boolean;
  attach: { body: number; bodyBytesMax: number; explain: boolean };
}

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  scratch(bytes: number): number;
  release(ptr: number): void;
  parse(ptr: number, bytes: number): number;
  reportPtr(): number;
  reportBytes(): number;
  describe(): void;
  collect(): void;
  findModel(ptr: number, bytes: number): number;
  findKey(source: number, digest: number): number;
}

/** The configuration parser of `assembly/config`, compiled alone. */
export class ConfigModule {
  private constructor(private readonly exports: Exports) {}

  static async load(): Promise<ConfigModule> {
    const wasm = readFileSync(await buildUnit("config"));
    const { instance } = await WebAssembly.instantiate(wasm, {});
    const exports = instance.exports as unknown as Exports;
    exports._initialize();
    return new ConfigModule(exports);
  }

  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** Parses a document: text or bytes as they are, anything else as JSON. */
  mistakes(document: unknown): Mistake[] {
    const bytes = toBytes(document);
    const count = this.withBytes(bytes, (ptr) => this.exports.parse(ptr, bytes.length));
    const mistakes = JSON.parse(this.report()) as Mistake[];
    if (count !== mistakes.length)
      throw new Error("a result is valid and has mistakes, or neither");
    return mistakes;
  }

  /** The configuration that was parsed last, null if it had a mistake. */
  described(): Described | null {
    this.exports.describe();
    return JSON.parse(this.report()) as Described | null;
  }

  findModel(name: string | Buffer): number {
    const bytes = Buffer.from(name);
    return this.withBytes(bytes, (ptr) => this.exports.findModel(ptr, bytes.length));
  }

  findKey(source: number, digest: Buffer): string | null {
    const found = this.withBytes(digest, (ptr) => this.exports.findKey(source, ptr));
    return found ? this.report() : null;
  }

  collect(): void {
    this.exports.collect();
  }

  private withBytes<T>(bytes: Buffer, use: (ptr: number) => T): T {
    const ptr = this.exports.scratch(bytes.length);
    bytes.copy(Buffer.from(this.exports.memory.buffer), ptr);
    const result = use(ptr);
    this.exports.release(ptr);
    return result;
  }

  private report(): string {
    const at = this.exports.reportPtr();
    const memory = Buffer.from(this.exports.memory.buffer);
    return memory.subarray(at, at + this.exports.reportBytes()).toString();
  }
}

function toBytes(document: unknown): Buffer {
  if (Buffer.isBuffer(document)) return document;
  return Buffer.from(typeof document === "string" ? document : JSON.stringify(document));
}
