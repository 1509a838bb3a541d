/**
 * Work that must run outside the callback that caused it, in the same turn of the event loop: queue
 * wake-ups, scripted answers. A socket driver drains at the turn's end, replay between its events.
 */
export class Turns {
  #work: (() => void)[] = [];

  constructor(readonly onFirst: (() => void) | null = null) {}

  post(run: () => void): void {
    this.#work.push(run);
    if (this.#work.length === 1) this.onFirst?.();
  }

  /** Runs what is waiting, and what that posts; true when there was anything. */
  drain(): boolean {
    let ran = false;
    for (let run = this.#work.shift(); run; run = this.#work.shift()) {
      ran = true;
      run();
    }
    return ran;
  }
}
