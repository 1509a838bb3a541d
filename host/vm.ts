import { randomFillSync } from "node:crypto";
import { logLevels, type LogLevel, type Pairs, Status } from "./abi.ts";
import type { CallbackName } from "./callbacks.ts";
import { bindHostCalls } from "./calls/index.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Context } from "./context.ts";
import type { Faults } from "./faults.ts";
import { envoyForeignFunctions, type ForeignFunction } from "./foreign.ts";
import { LoadError, type LoadedModule } from "./load.ts";
import { MemoryFault } from "./memory_fault.ts";
import { type CalloutAnswer, RootContext, type RootOptions } from "./root.ts";
import { SharedData } from "./shared_data.ts";
import { SharedQueues } from "./shared_queues.ts";
import { MetricIds, Stats } from "./stats.ts";
import { Turns } from "./turns.ts";

export interface LogLine {
  level: LogLevel;
  message: string;
}

/** A call to another cluster that the module makes. */
export interface Callout {
  cluster: string;
  headers: Pairs;
  body: Uint8Array;
  trailers: Pairs;
  timeoutMs: number;
}

/** Everything that a VM shares with others, or that a test sets. */
export interface VmOptions {
  vmId?: string;
  clock?: Clock;
  stats?: Stats;
  sharedData?: SharedData;
  sharedQueues?: SharedQueues;
  turns?: Turns;
  faults?: Faults | null;
  /** Where broken rules are noted; default an own list. */
  violations?: string[];
  /** Lines below this level are dropped; default `info`. */
  logLevel?: LogLevel;
  onLog?: (line: LogLine) => void;
  foreignFunctions?: Record<string, ForeignFunction>;
  /** Answers HTTP callouts; null: no such cluster. Default: there is none. */
  callout?: (call: Callout) => Promise<CalloutAnswer> | CalloutAnswer | null;
  /** Sees each callback before it is made. */
  onCallback?: (name: CallbackName, context: Context, args: readonly number[]) => void;
  /** Fills random bytes; default the system's source. */
  random?: (bytes: Uint8Array) => void;
}

type ModuleExports = Record<string, ((...args: number[]) => number) | undefined>;

/** One instance of the module, its memory and its contexts. A trap makes it dead for good. */
export class Vm {
  readonly vmId: string;
  readonly clock: Clock;
  readonly stats: Stats;
  readonly metrics: MetricIds;
  readonly sharedData: SharedData;
  readonly sharedQueues: SharedQueues;
  readonly turns: Turns;
  readonly faults: Faults | null;
  readonly violations: string[];
  readonly logLevel: number;
  readonly foreignFunctions: Map<string, ForeignFunction>;
  readonly options: VmOptions;
  /** Why the VM died: the callback and the trap. */
  dead: string | null = null;
  /** False until the instance exists: a host call of the start section comes before. */
  linked = false;
  /** False until `_initialize` has returned: most host calls trap before. */
  initialized = false;
  /** Set by a local reply: the running callback's result becomes a stop. */
  stopRequested = false;
  #current: Context | null = null;
  #effective: Context | null = null;
  #actions: (() => void)[] = [];
  #contexts = new Map<number, Context>();
  #nextId = 1;
  #nextCallout = 1;
  #memory: WebAssembly.Memory;
  #bytes = new Uint8Array();
  #exports: ModuleExports;
  #allocate: (bytes: number) => number;

  constructor(loaded: LoadedModule, options: VmOptions = {}) {
    this.options = options;
    this.vmId = options.vmId ?? "";
    this.clock = options.clock ?? systemClock;
    this.stats = options.stats ?? new Stats();
    this.metrics = new MetricIds(this.stats);
    this.sharedData = options.sharedData ?? new SharedData();
    this.sharedQueues = options.sharedQueues ?? new SharedQueues();
    this.turns = options.turns ?? new Turns();
    this.faults = options.faults ?? null;
    this.violations = options.violations ?? [];
    this.logLevel = logLevels.indexOf(options.logLevel ?? "info");
    this.foreignFunctions = new Map(Object.entries(envoyForeignFunctions));
    for (const [name, run] of Object.entries(options.foreignFunctions ?? {})) {
      this.foreignFunctions.set(name, run);
    }
    const imports = bindHostCalls(this, loaded.shape.imports);
    const instance = this.#instantiate(loaded.module, imports);
    this.#exports = instance.exports as ModuleExports;
    this.#memory = instance.exports[loaded.shape.memories[0] ?? ""] as WebAssembly.Memory;
    const allocate = this.#exports.malloc ?? this.#exports.proxy_on_memory_allocate;
    this.#allocate = allocate as (bytes: number) => number;
    this.linked = true;
    this.#initialize();
  }

  #instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
    try {
      return new WebAssembly.Instance(module, imports);
    } catch (error) {
      throw new LoadError(`the module cannot be started: ${(error as Error).message}`);
    }
  }

  #initialize(): void {
    const name = this.#exports["_initialize"] ? "_initialize" : "_start";
    try {
      this.#exports[name]?.();
    } catch (error) {
      throw new LoadError(`${name} trapped: ${(error as Error).message}`);
    }
    this.initialized = true;
  }

  /** Creates a root context and starts it. Null: the module refused; its log says why. */
  createRoot(options: RootOptions): RootContext | null {
    const root = new RootContext(this, this.nextContextId(), options);
    this.#contexts.set(root.id, root);
    if (root.start()) return root;
    root.setTickPeriod(0);
    this.forget(root);
    return null;
  }

  nextContextId(): number {
    return this.#nextId++;
  }

  remember(context: Context): void {
    this.#contexts.set(context.id, context);
  }

  forget(context: Context): void {
    this.#contexts.delete(context.id);
  }

  /** True when the module has that callback and the VM lives. */
  has(name: CallbackName): boolean {
    return this.dead === null && this.#exports[name] !== undefined;
  }

  /**
   * Makes a callback, then runs what host calls deferred. Null: there is no such callback, or the
   * VM is dead, or died in it (`dead` tells).
   */
  call(context: Context, name: CallbackName, ...args: number[]): number | null {
    const callback = this.#exports[name];
    if (callback === undefined || this.dead !== null) return null;
    this.options.onCallback?.(name, context, args);
    const outer = [this.#current, this.#effective] as const;
    this.#current = context;
    this.#effective = null;
    this.stopRequested = false;
    let result: number | null = null;
    try {
      result = callback(...args) ?? 0;
    } catch (error) {
      this.#die(name, error as Error);
    } finally {
      [this.#current, this.#effective] = outer;
    }
    for (let run = this.#actions.shift(); run; run = this.#actions.shift()) run();
    return this.dead === null ? result : null;
  }

  #die(name: string, error: Error): void {
    const frames = (error.stack ?? "").split("\n").filter((line) => line.includes("wasm"));
    this.dead = [`${name}: ${error.message}`, ...frames.slice(0, 12)].join("\n");
    this.violate(`trap in ${this.dead}`);
    this.log("critical", `trap in ${this.dead}`);
  }

  /** Defers work to the end of the running callback. */
  defer(action: () => void): void {
    this.#actions.push(action);
  }

  /** Notes a rule that the module broke. */
  violate(text: string): void {
    this.violations.push(text);
  }

  log(level: LogLevel, message: string): void {
    if (logLevels.indexOf(level) >= this.logLevel) this.options.onLog?.({ level, message });
  }

  /** What the running host call acts on: the effective context if set, else the current one. */
  get context(): Context {
    const context = this.#effective ?? this.#current;
    if (context !== null) return context;
    this.violate("host call outside any callback: a real Envoy crashes");
    throw new Error("host call outside any callback");
  }

  setEffectiveContext(id: number): Status {
    const context = this.#contexts.get(id);
    if (context === undefined) return Status.BadArgument;
    this.#effective = context;
    return Status.Ok;
  }

  /** Begins a callout; null: no such cluster. The answer comes to the root in a later turn. */
  beginCallout(root: RootContext, call: Callout): number | null {
    const answer = this.options.callout?.(call) ?? null;
    if (answer === null) return null;
    const token = this.#nextCallout++;
    const deliver = (found: CalloutAnswer): void => {
      root.callout = found;
      const { headers, body, trailers } = found;
      const counts = [headers.length, body.length, trailers.length];
      this.call(root, "proxy_on_http_call_response", root.id, token, ...counts);
      root.callout = null;
    };
    if (answer instanceof Promise) void answer.then(deliver);
    else this.turns.post(() => deliver(answer));
    return token;
  }

  randomBytes(target: Uint8Array): void {
    if (this.options.random) this.options.random(target);
    else randomFillSync(target);
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** The module's memory from `pointer` on, not copied: valid until the module runs again. */
  view(pointer: number, bytes: number): Uint8Array {
    if (this.#bytes.buffer !== this.#memory.buffer)
      this.#bytes = new Uint8Array(this.#memory.buffer);
    const start = pointer >>> 0;
    const end = start + (bytes >>> 0);
    if (end > this.#bytes.length) throw new MemoryFault();
    return this.#bytes.subarray(start, end);
  }

  /** Takes memory from the module's allocator, as a host call that returns bytes does. */
  allocate(bytes: number): number {
    return this.#allocate(bytes);
  }

  /** A copy of what the module points at. */
  read(pointer: number, bytes: number): Uint8Array {
    return this.view(pointer, bytes).slice();
  }

  /** The same as a byte string. */
  readByteString(pointer: number, bytes: number): string {
    const view = this.view(pointer, bytes);
    return Buffer.from(view.buffer, view.byteOffset, view.length).toString("latin1");
  }

  writeU32(pointer: number, value: number): void {
    const view = this.view(pointer, 4);
    new DataView(view.buffer, view.byteOffset).setUint32(0, value, true);
  }

  writeU64(pointer: number, value: bigint): void {
    const view = this.view(pointer, 8);
    new DataView(view.buffer, view.byteOffset).setBigUint64(0, BigInt.asUintN(64, value), true);
  }

  /**
   * Hands bytes to the module: memory from its own allocator, filled by `fill`, then pointer and
   * length at the given places. No bytes: both are 0 and nothing is allocated.
   */
  give(bytes: number, pointerAt: number, bytesAt: number, fill: (to: Uint8Array) => void): Status {
    this.view(pointerAt, 4);
    this.view(bytesAt, 4);
    let pointer = 0;
    if (bytes > 0) {
      pointer = this.#allocate(bytes);
      if (pointer === 0) return Status.InvalidMemoryAccess;
      fill(this.view(pointer, bytes));
    }
    this.writeU32(pointerAt, pointer);
    this.writeU32(bytesAt, bytes);
    return Status.Ok;
  }

  giveBytes(bytes: Uint8Array, pointerAt: number, bytesAt: number): Status {
    return this.give(bytes.length, pointerAt, bytesAt, (target) => target.set(bytes));
  }
}
