import { readFileSync } from "node:fs";
import { buildUnit } from "../../tools/build.ts";

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  allocate(bytes: number): number;
  release(ptr: number): void;
  add(id: number, record: number, root: number): void;
  find(id: number): number;
  root(id: number): number;
  remove(id: number): void;
  churn(times: number, open: number, firstId: number): number;
  series(ptr: number, bytes: number): number;
  labelPtr(series: number): number;
  labelBytes(series: number): number;
  metrics(): number;
  metricId(series: number, metric: number): number;
  defineMetric(series: number, metric: number, id: number): void;
  label(ptr: number, bytes: number): number;
  outPtr(): number;
  newModel(): void;
  addTarget(weight: number): void;
  choose(keyHash: bigint): number;
  chooseMany(firstKey: bigint, keys: number, counts: number): void;
}

/** The tables of `assembly/filter` and the choice of `assembly/route`, each test's own copy. */
export class RegistryModule {
  private constructor(readonly exports: Exports) {}

  static async load(): Promise<RegistryModule> {
    const bytes = readFileSync(await buildUnit("registry"));
    const { instance } = await WebAssembly.instantiate(bytes, {});
    const exports = instance.exports as unknown as Exports;
    exports._initialize();
    return new RegistryModule(exports);
  }

  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  read(ptr: number, bytes: number): Buffer {
    return Buffer.from(new Uint8Array(this.exports.memory.buffer, ptr, bytes));
  }

  /** The series of a label text; a number that names it. */
  series(labels: string): number {
    return this.place(Buffer.from(labels), (ptr, size) => this.exports.series(ptr, size));
  }

  labelsOf(series: number): string {
    return this.read(this.exports.labelPtr(series), this.exports.labelBytes(series)).toString();
  }

  /** A label of the name `route` as it goes into a metric's name. */
  label(value: Uint8Array): string {
    const size = this.place(value, (ptr, bytes) => this.exports.label(ptr, bytes));
    return this.read(this.exports.outPtr(), size).toString("latin1");
  }

  useTargets(weights: number[]): void {
    this.exports.newModel();
    for (const weight of weights) this.exports.addTarget(weight);
  }

  /** How many of so many keys in a row fall to each of the targets. */
  shares(targets: number, firstKey: bigint, keys: number): number[] {
    const counts = this.exports.allocate(targets * 4);
    this.exports.chooseMany(firstKey, keys, counts);
    const found = [...new Uint32Array(this.exports.memory.buffer, counts, targets)];
    this.exports.release(counts);
    return found;
  }

  private place<T>(bytes: Uint8Array, use: (ptr: number, bytes: number) => T): T {
    const ptr = this.exports.allocate(Math.max(bytes.length, 1));
    new Uint8Array(this.exports.memory.buffer).set(bytes, ptr);
    try {
      return use(ptr, bytes.length);
    } finally {
      this.exports.release(ptr);
    }
  }
}
