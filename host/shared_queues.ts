import { Status } from "./abi.ts";

interface Queue {
  messages: Uint8Array[];
  /** Wakes the one that registered last. */
  wake: () => void;
}

/** The shared queues of a process, by vm_id and name. */
export class SharedQueues {
  #queues: Queue[] = [];
  #tokens = new Map<string, number>();

  /** The token of the queue; the wake-up now goes to this registrant. */
  register(vmId: string, name: string, wakeOf: (token: number) => () => void): number {
    const key = `${vmId}\0${name}`;
    const known = this.#tokens.get(key);
    const token = known ?? this.#queues.length + 1;
    if (known === undefined) {
      this.#tokens.set(key, token);
      this.#queues.push({ messages: [], wake: wakeOf(token) });
    } else {
      (this.#queues[token - 1] as Queue).wake = wakeOf(token);
    }
    return token;
  }

  resolve(vmId: string, name: string): number | null {
    return this.#tokens.get(`${vmId}\0${name}`) ?? null;
  }

  enqueue(token: number, message: Uint8Array): Status {
    const queue = this.#queues[token - 1];
    if (!queue) return Status.NotFound;
    queue.messages.push(message);
    queue.wake();
    return Status.Ok;
  }

  dequeue(token: number): Uint8Array | Status {
    const queue = this.#queues[token - 1];
    if (!queue) return Status.NotFound;
    return queue.messages.shift() ?? Status.Empty;
  }
}
