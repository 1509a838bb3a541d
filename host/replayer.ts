import type { Pairs } from "./abi.ts";
import type { AccessLogLine } from "./access_log.ts";
import { ManualClock } from "./clock.ts";
import type { Context } from "./context.ts";
import { Faults } from "./faults.ts";
import type { LoadedModule } from "./load.ts";
import { cachedModule } from "./module_cache.ts";
import type { ReplayRequest, ReplayResult, ReplayRun } from "./replay.ts";
import { RootContext } from "./root.ts";
import type { RouteRule } from "./routes.ts";
import { RecordingClient, ScriptedUpstream } from "./scripted.ts";
import { SharedData } from "./shared_data.ts";
import { Stats } from "./stats.ts";
import { type FilterChain, HttpStream } from "./stream.ts";
import { Turns } from "./turns.ts";
import { type LogLine, Vm, type VmOptions } from "./vm.ts";
import { WasmFilter } from "./wasm_filter.ts";

const bufferBytesMaxDefault = 1 << 20;
/** 2026-01-01T00:00:00Z */
const nowMsDefault = 1_767_225_600_000;
const routesDefault: RouteRule[] = [{ name: "all", match: { prefix: "/" }, cluster: "upstream" }];
const nothing = new Uint8Array();

export interface ReplayerOptions {
  module: string | Uint8Array;
  configuration: object | string;
  stopIterationAllowed?: boolean;
  nowMs?: number;
  /** Shared with other replayers: as two workers of one process. */
  sharedData?: SharedData;
  vm?: VmOptions;
}

/**
 * One VM with one configuration that runs streams in memory, one after the other. State (shared
 * data, metrics, time) goes on from run to run unless `fresh` is called between.
 */
export class Replayer {
  readonly clock: ManualClock;
  readonly sharedData: SharedData;
  readonly stats = new Stats();
  readonly faults = new Faults();
  readonly turns = new Turns();
  readonly violations: string[] = [];
  readonly logLines: LogLine[] = [];
  readonly vm: Vm;
  readonly root: RootContext;
  readonly loaded: LoadedModule;
  readonly #restore: () => void;
  readonly #startMs: number;
  readonly #source: string | Uint8Array;
  #callbacks: string[] = [];
  #requests = 0;

  constructor(options: ReplayerOptions) {
    this.#source = options.module;
    this.#startMs = options.nowMs ?? nowMsDefault;
    this.loaded = cachedModule(options.module);
    this.clock = new ManualClock(this.#startMs);
    this.sharedData = options.sharedData ?? new SharedData();
    const { clock, sharedData, stats, faults, turns, violations } = this;
    this.vm = new Vm(this.loaded, {
      ...{ clock, sharedData, stats, faults, turns, violations },
      onLog: (line) => this.logLines.push(line),
      onCallback: (name, context, args) => this.#note(name, context, args),
      random: (bytes) => bytes.fill(7),
      ...options.vm,
    });
    const { configuration, stopIterationAllowed } = options;
    const text = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
    const root = this.vm.createRoot({ configuration: Buffer.from(text), stopIterationAllowed });
    this.turns.drain();
    if (root === null) {
      const lines = this.logLines.map(({ message }) => message).join("\n");
      throw new Error(`the module refuses the configuration:\n${lines}`);
    }
    this.root = root;
    this.#restore = this.sharedData.snapshot();
  }

  /** Goes back to the state after start-up; false: not possible, the VM died or is outdated. */
  fresh(nowMs = this.#startMs): boolean {
    if (this.vm.dead !== null || cachedModule(this.#source) !== this.loaded) return false;
    this.#restore();
    this.stats.reset();
    this.clock.set(nowMs);
    this.#requests = 0;
    return true;
  }

  #note(name: string, context: Context, args: readonly number[]): void {
    if (context instanceof RootContext) return;
    const end = name.endsWith("headers") || name.endsWith("body") ? args[2] === 1 : false;
    this.#callbacks.push(name.slice("proxy_on_".length) + (end ? "(eos)" : ""));
  }

  /** Runs one stream to its end. `chain` replaces the filter chain of this one configuration. */
  run(run: ReplayRun, chain?: FilterChain): ReplayResult {
    const firstViolation = this.violations.length;
    const firstLine = this.logLines.length;
    this.#callbacks = [];
    this.#requests += 1;
    const lines: AccessLogLine[] = [];
    const client = new RecordingClient();
    const upstream = new ScriptedUpstream(run, this.turns, this.clock);
    for (const [name, answer] of Object.entries(run.foreignFunctions ?? {})) {
      this.vm.foreignFunctions.set(name, answer);
    }
    const id = String(this.#requests).padStart(12, "0");
    const stream = new HttpStream(
      client,
      requestPairs(run.request),
      chain ?? ((owner) => [new WasmFilter(owner, this.root)]),
      {
        routes: run.routes ?? routesDefault,
        upstreams: upstream,
        clock: this.clock,
        bufferBytesMax: run.bufferBytesMax ?? bufferBytesMaxDefault,
        violations: this.violations,
        onAccessLog: (line) => lines.push(line),
        metadata: run.metadata,
        properties: run.properties,
        requestId: () => `00000000-0000-4000-8000-${id}`,
      },
    );
    upstream.stream = stream;
    this.#feed(stream, client, run.request);
    if (!stream.finished) {
      const held = stream.decode.held ? "request" : stream.encode.held ? "response" : "stream";
      this.violations.push(`the stream hangs: the ${held} never goes on`);
      stream.clientGone();
    }
    this.turns.drain();
    for (const name of Object.keys(run.foreignFunctions ?? {}))
      this.vm.foreignFunctions.delete(name);
    return {
      upstreamRequest: upstream.finished(),
      clientResponse: client.finished(),
      accessLog: lines[0] as AccessLogLine,
      properties: filterStateOf(stream),
      stats: this.stats.values(),
      violations: this.violations.splice(firstViolation),
      trap: this.vm.dead,
      logLines: this.logLines.splice(firstLine),
      callbacks: this.#callbacks,
    };
  }

  #feed(stream: HttpStream, client: RecordingClient, request: ReplayRequest): void {
    const { chunks = [], trailers, abortAfterChunk, endWithLastChunk } = request;
    const bodiless = chunks.length === 0 && !trailers;
    const leaves = (sent: number): boolean => {
      this.turns.drain();
      if (abortAfterChunk === sent) stream.clientGone();
      return stream.finished || client.paused;
    };
    stream.begin(bodiless);
    if (leaves(0) || bodiless) return;
    for (const [index, chunk] of chunks.entries()) {
      const last = endWithLastChunk === true && !trailers && index === chunks.length - 1;
      stream.requestData(chunk, last);
      if (leaves(index + 1)) return;
    }
    if (trailers) stream.requestEndedWith(trailers);
    else if (endWithLastChunk !== true) stream.requestData(nothing, true);
    this.turns.drain();
  }
}

function requestPairs(request: ReplayRequest): Pairs {
  const pseudo: Pairs = [
    [":authority", request.authority ?? "gateway.test"],
    [":path", request.path],
    [":method", request.method],
    [":scheme", "http"],
  ];
  return [...pseudo, ...(request.headers ?? [])];
}

function filterStateOf(stream: HttpStream): Record<string, string> {
  const state: Record<string, string> = {};
  for (const [key, value] of stream.info.filterState) {
    state[key.replace(/^wasm\./, "")] = Buffer.from(value).toString("utf8");
  }
  return state;
}
