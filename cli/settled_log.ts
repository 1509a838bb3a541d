import type { AccessLogLine } from "../host/access_log.ts";

/** The gateway's access log as its lines come in; each is handed out once. */
export class SettledLog {
  #lines: AccessLogLine[] = [];
  #listener: ((line: AccessLogLine) => void) | null = null;

  add(line: AccessLogLine): void {
    if (this.#listener) this.#listener(line);
    else this.#lines.push(line);
  }

  /** The line of one request, or undefined when that is not settled yet. */
  take(id: string): AccessLogLine | undefined {
    const index = this.#lines.findIndex((line) => line.id === id);
    return index < 0 ? undefined : this.#lines.splice(index, 1)[0];
  }

  /** From now on every line goes to `listener`, and none is kept. */
  follow(listener: (line: AccessLogLine) => void): void {
    this.#lines = [];
    this.#listener = listener;
  }
}
