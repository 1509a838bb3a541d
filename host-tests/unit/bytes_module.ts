import { readFileSync } from "node:fs";
import { buildUnit } from "../../tools/build.ts";

/** The literals of `bytes.as.ts`, by their numbers there. */
export const literals = [
  "",
  "a",
  "content-length",
  "@[`{",
  "x-tokenstile-prompt-tokens",
  "0123456789 !~",
];

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  allocate(bytes: number): number;
  release(ptr: number): void;
  equal(a: number, aBytes: number, b: number, bBytes: number): number;
  equalLiteral(ptr: number, bytes: number, at: number): number;
  equalIgnoringCase(ptr: number, bytes: number, at: number): number;
  startsIgnoringCase(ptr: number, bytes: number, at: number): number;
  visible(ptr: number, bytes: number): number;
  lower(byte: number): number;
  literalPtr(at: number): number;
  literalBytes(at: number): number;
  parseDecimal(ptr: number, bytes: number, out: number): number;
  writeDecimal(ptr: number, value: bigint): number;
  hash(ptr: number, bytes: number): bigint;
  hashMore(hash: bigint, ptr: number, bytes: number): bigint;
  mix(hash: bigint): bigint;
  newWriter(capacityBytes: number, bytesMax: number): number;
  writerPtr(writer: number): number;
  writerBytes(writer: number): number;
  writerCapacity(writer: number): number;
  writerOverflowed(writer: number): number;
  writeByte(writer: number, value: number): void;
  writeCopy(writer: number, ptr: number, bytes: number): void;
  writeLiteral(writer: number, at: number): void;
  writeNumber(writer: number, value: bigint): void;
  writeJsonText(writer: number, ptr: number, bytes: number): void;
  resetWriter(writer: number): void;
  disposeWriter(writer: number): void;
}

/** The functions of `assembly/bytes` over bytes that are put into memory for the call. */
export class BytesModule {
  private constructor(readonly exports: Exports) {}

  static async load(): Promise<BytesModule> {
    const bytes = readFileSync(await buildUnit("bytes"));
    const { instance } = await WebAssembly.instantiate(bytes, {});
    const exports = instance.exports as unknown as Exports;
    exports._initialize();
    return new BytesModule(exports);
  }

  /** Calls with the bytes in memory; `around` lies before and behind them. */
  with<T>(bytes: Uint8Array, use: (ptr: number, bytes: number) => T, around = 0x61): T {
    const ptr = this.exports.allocate(bytes.length + 64);
    const memory = new Uint8Array(this.exports.memory.buffer);
    memory.fill(around, ptr, ptr + bytes.length + 64);
    memory.set(bytes, ptr + 32);
    try {
      return use(ptr + 32, bytes.length);
    } finally {
      this.exports.release(ptr);
    }
  }

  read(ptr: number, bytes: number): Buffer {
    return Buffer.from(new Uint8Array(this.exports.memory.buffer, ptr, bytes));
  }

  /** The number that the text spells, null where it spells none. */
  parseDecimal(text: Uint8Array): bigint | null {
    const marker = 0xaaaaaaaaaaaaaaaan;
    return this.with(new Uint8Array(8), (out) => {
      const view = new DataView(this.exports.memory.buffer);
      view.setBigUint64(out, marker, true);
      const parsed = this.with(text, (ptr, bytes) => this.exports.parseDecimal(ptr, bytes, out));
      const value = new DataView(this.exports.memory.buffer).getBigUint64(out, true);
      if (!parsed && value !== marker) throw new Error("a refused number was stored");
      return parsed ? value : null;
    });
  }
}

/** A writer of the module under test. */
export class Writer {
  private readonly at: number;

  constructor(
    private readonly module: BytesModule,
    capacityBytes: number,
    bytesMax: number,
  ) {
    this.at = module.exports.newWriter(capacityBytes, bytesMax);
  }

  get text(): Buffer {
    const { exports } = this.module;
    return this.module.read(exports.writerPtr(this.at), exports.writerBytes(this.at));
  }

  get overflowed(): boolean {
    return this.module.exports.writerOverflowed(this.at) !== 0;
  }

  get capacityBytes(): number {
    return this.module.exports.writerCapacity(this.at);
  }

  byte(value: number): void {
    this.module.exports.writeByte(this.at, value);
  }

  copy(bytes: Uint8Array): void {
    this.module.with(bytes, (ptr, size) => this.module.exports.writeCopy(this.at, ptr, size));
  }

  literal(index: number): void {
    this.module.exports.writeLiteral(this.at, index);
  }

  decimal(value: bigint): void {
    this.module.exports.writeNumber(this.at, value);
  }

  jsonText(bytes: Uint8Array): void {
    this.module.with(bytes, (ptr, size) => this.module.exports.writeJsonText(this.at, ptr, size));
  }

  reset(): void {
    this.module.exports.resetWriter(this.at);
  }

  dispose(): void {
    this.module.exports.disposeWriter(this.at);
  }
}
