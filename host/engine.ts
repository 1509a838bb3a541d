import type { LoadedModule } from "./load.ts";
import type { RootContext } from "./root.ts";
import { type LogLine, Vm, type VmOptions } from "./vm.ts";

export interface EngineOptions {
  loaded: LoadedModule;
  stopIterationAllowed?: boolean;
  vm: VmOptions;
  /** The engine in whose VM the configuration lives; absent: a VM of its own. */
  beside?: Engine;
}

export interface Verdict {
  accepted: boolean;
  /** What the module logged while it was asked. */
  messages: string[];
}

/**
 * The module's VM and its configuration in force. As in Envoy a new configuration is tried in a
 * throwaway VM first; accepted, it starts in the VM of the old one, which keeps its streams.
 */
export class Engine {
  #vm: Vm | null = null;
  #root: RootContext | null = null;
  #messages: string[] | null = null;

  constructor(readonly options: EngineOptions) {}

  /** Where new streams go; null before the first accepted configuration. */
  get root(): RootContext | null {
    return this.#root;
  }

  get memoryBytes(): number {
    return this.#vm?.memoryBytes ?? 0;
  }

  /** Puts a configuration in force, or answers why not and leaves the old one. */
  configure(configuration: object): Verdict {
    const bytes = Buffer.from(JSON.stringify(configuration));
    const tried = this.#tryOut(bytes);
    if (!tried.accepted) return tried;
    const owner = this.options.beside ?? this;
    const messages: string[] = [];
    owner.#messages = messages;
    const root = owner.#livingVm().createRoot(this.#rootOptions(bytes));
    owner.#messages = null;
    if (root === null) return { accepted: false, messages };
    this.#root?.retire();
    this.#root = root;
    return { accepted: true, messages };
  }

  #livingVm(): Vm {
    if (this.#vm === null || this.#vm.dead !== null) this.#vm = this.#newVm();
    return this.#vm;
  }

  #rootOptions(configuration: Uint8Array) {
    return { configuration, stopIterationAllowed: this.options.stopIterationAllowed };
  }

  #newVm(): Vm {
    const { onLog } = this.options.vm;
    const note = (line: LogLine): void => {
      this.#messages?.push(line.message);
      onLog?.(line);
    };
    return new Vm(this.options.loaded, { ...this.options.vm, onLog: note });
  }

  #tryOut(configuration: Uint8Array): Verdict {
    const lines: LogLine[] = [];
    const { onLog } = this.options.vm;
    const note = (line: LogLine): unknown => lines.push(line);
    const vm = new Vm(this.options.loaded, { ...this.options.vm, onLog: note });
    const root = vm.createRoot(this.#rootOptions(configuration));
    root?.setTickPeriod(0);
    // An accepted configuration logs the same again where it serves.
    if (root === null) for (const line of lines) onLog?.(line);
    return { accepted: root !== null, messages: lines.map(({ message }) => message) };
  }

  /** No new streams: the module sees on_done and on_delete once the last stream has ended. */
  close(): void {
    this.#root?.retire();
    this.#root = null;
  }
}
