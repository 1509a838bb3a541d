import type { Status } from "./abi.ts";

interface Fault {
  nth: number;
  status: Status;
  /** True: every use from the n-th on. */
  lasting: boolean;
}

/** Makes named host calls fail: the test's way to reach every error path of the module. */
export class Faults {
  #faults = new Map<string, Fault[]>();
  #uses = new Map<string, number>();

  /** The `nth` use (from 1) of host call `name`, counted from now on, returns `status` unserved. */
  fail(name: string, nth: number, status: Status, lasting = false): void {
    const used = this.#uses.get(name) ?? 0;
    const list = this.#faults.get(name) ?? [];
    list.push({ nth: used + nth, status, lasting });
    this.#faults.set(name, list);
  }

  clear(): void {
    this.#faults.clear();
  }

  /** How often a host call was used so far. */
  uses(name: string): number {
    return this.#uses.get(name) ?? 0;
  }

  /** Counts one use; answers the status to return instead of serving the call, or null. */
  use(name: string): Status | null {
    const nth = (this.#uses.get(name) ?? 0) + 1;
    this.#uses.set(name, nth);
    for (const fault of this.#faults.get(name) ?? []) {
      if (fault.nth === nth || (fault.lasting && nth > fault.nth)) return fault.status;
    }
    return null;
  }
}
