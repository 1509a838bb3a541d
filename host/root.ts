import { BufferType, MapType, Status } from "./abi.ts";
import { type BufferView, constantBuffer, Context } from "./context.ts";
import { HeaderMap } from "./header_map.ts";
import type { PropertySource } from "./properties.ts";
import type { Vm } from "./vm.ts";

export interface RootOptions {
  configuration: Uint8Array;
  name?: string;
  rootId?: string;
  /** Envoy's `allow_on_headers_stop_iteration`; default true. */
  stopIterationAllowed?: boolean;
}

/** What a callout brought: readable in its callback only. */
export interface CalloutAnswer {
  headers: [string, string][];
  body: Uint8Array;
  trailers: [string, string][];
}

/** One plugin configuration in a VM. It lives until it is retired and its last stream has ended. */
export class RootContext extends Context {
  readonly configuration: Uint8Array;
  readonly name: string;
  readonly rootId: string;
  readonly stopIterationAllowed: boolean;
  callout: CalloutAnswer | null = null;
  #streams = 0;
  #retired = false;
  #gone = false;
  #stopTick: (() => void) | null = null;

  constructor(
    readonly vm: Vm,
    id: number,
    options: RootOptions,
  ) {
    super(id);
    this.configuration = options.configuration;
    this.name = options.name ?? "tokenstile";
    this.rootId = options.rootId ?? "tokenstile";
    this.stopIterationAllowed = options.stopIterationAllowed ?? true;
  }

  override get root(): RootContext {
    return this;
  }

  /** Runs the start-up callbacks; false when the module refuses, or traps. */
  start(): boolean {
    this.vm.call(this, "proxy_on_context_create", this.id, 0);
    const { vm, id } = this;
    if ((vm.call(this, "proxy_on_vm_start", id, 0) ?? 1) === 0 || vm.dead !== null) return false;
    const bytes = this.configuration.length;
    const accepted = vm.call(this, "proxy_on_configure", id, bytes) ?? 1;
    return accepted !== 0 && vm.dead === null;
  }

  /** Changes the tick; 0 stops it. */
  setTickPeriod(periodMs: number): void {
    this.#stopTick?.();
    this.#stopTick = null;
    if (periodMs === 0) return;
    this.#stopTick = this.vm.clock.every(periodMs, () => this.tick());
  }

  tick(): void {
    this.vm.call(this, "proxy_on_tick", this.id);
  }

  streamBegan(): void {
    this.#streams += 1;
  }

  streamEnded(): void {
    this.#streams -= 1;
    this.#leaveIfIdle();
  }

  get streams(): number {
    return this.#streams;
  }

  /** No new streams come: on_done and on_delete follow when the last one has ended. */
  retire(): void {
    this.#retired = true;
    this.#leaveIfIdle();
  }

  /** Answers `proxy_done` after an on_done that asked to wait. */
  finish(): void {
    if (this.phase === "done") this.#delete();
  }

  #leaveIfIdle(): void {
    if (!this.#retired || this.#streams > 0 || this.#gone) return;
    this.#gone = true;
    this.phase = "done";
    const ready = this.vm.call(this, "proxy_on_done", this.id) ?? 1;
    if (ready !== 0 || this.vm.dead !== null) this.#delete();
  }

  #delete(): void {
    this.phase = "delete";
    this.setTickPeriod(0);
    this.vm.call(this, "proxy_on_delete", this.id);
    this.vm.forget(this);
  }

  override readableMap(type: MapType): HeaderMap | null {
    if (this.callout === null) return null;
    if (type === MapType.CalloutHeaders) return new HeaderMap(this.callout.headers);
    return type === MapType.CalloutTrailers ? new HeaderMap(this.callout.trailers) : null;
  }

  override writableMap(): HeaderMap | null {
    return null;
  }

  override mapEdited(): void {}

  override buffer(type: BufferType): BufferView | null {
    if (type === BufferType.PluginConfiguration) return constantBuffer(this.configuration);
    if (type === BufferType.VmConfiguration) return constantBuffer(new Uint8Array());
    const answer = type === BufferType.CalloutBody ? this.callout : null;
    return answer === null ? null : constantBuffer(answer.body);
  }

  override get properties(): PropertySource | null {
    return null;
  }

  override sendLocalResponse(): void {}

  /** Ok and nothing done, as in Envoy: the caller forgot to set the effective context. */
  override continueStream(): Status {
    return Status.Ok;
  }

  override closeStream(): Status {
    return Status.Ok;
  }

  override clearRouteCache(): void {}

  override setProperty(): Status {
    return Status.NotFound;
  }
}
