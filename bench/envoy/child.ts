/** A process of the bench's own that answers messages, one at a time. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export class Child {
  readonly #process: ChildProcess;

  constructor(program: URL) {
    this.#process = fork(fileURLToPath(program), {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  /** The next message it sends; rejects when it ends before that. */
  async message(): Promise<unknown> {
    const watch = new AbortController();
    const { signal } = watch;
    const ended = once(this.#process, "exit", { signal }).then(([code]) => {
      throw new Error(`a process of the bench ended (${code})`);
    });
    try {
      const [message] = await Promise.race([once(this.#process, "message", { signal }), ended]);
      return message;
    } finally {
      watch.abort();
      ended.catch(() => {});
    }
  }

  /** Sends a message and answers the reply. */
  async ask(message: object): Promise<unknown> {
    const reply = this.message();
    this.#process.send(message);
    return reply;
  }

  /** It ends by itself once nobody is connected. */
  stop(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}
