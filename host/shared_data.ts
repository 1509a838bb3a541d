import { Status } from "./abi.ts";

interface Entry {
  value: Uint8Array;
  cas: number;
}

/** The shared data of one vm_id: one map for every VM that was given it. Keys are never deleted. */
export class SharedData {
  #entries = new Map<string, Entry>();
  #lastCas = 0;

  get(key: string): Entry | null {
    return this.#entries.get(key) ?? null;
  }

  /** `cas` 0 overwrites; another must be that of the present value, unless there is none. */
  set(key: string, value: Uint8Array, cas: number): Status {
    const present = this.#entries.get(key);
    if (cas !== 0 && present !== undefined && present.cas !== cas) return Status.CasMismatch;
    this.#lastCas = (this.#lastCas + 1) >>> 0 || 1;
    this.#entries.set(key, { value, cas: this.#lastCas });
    return Status.Ok;
  }

  get keys(): string[] {
    return [...this.#entries.keys()];
  }

  /** A copy to come back to: replays start from the same state each time. */
  snapshot(): () => void {
    const entries = new Map(this.#entries);
    const lastCas = this.#lastCas;
    return () => {
      this.#entries = new Map(entries);
      this.#lastCas = lastCas;
    };
  }
}
