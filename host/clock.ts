import { performance } from "node:perf_hooks";

/** Time and timers of a host, so that a test can hold both. */
export interface Clock {
  /** Nanoseconds since the Unix epoch. */
  nowNs(): bigint;
  /** Runs once after `delayMs`; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void;
  /** Runs each `periodMs`; the answer stops it. */
  every(periodMs: number, run: () => void): () => void;
}

const startNs = BigInt(Math.round(performance.timeOrigin * 1e6));

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  nowNs: () => startNs + BigInt(Math.round(performance.now() * 1e6)),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every(periodMs, run) {
    const timer = setInterval(run, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

interface Timer {
  dueNs: bigint;
  periodNs: bigint;
  run: () => void;
}

const nsOf = (ms: number): bigint => BigInt(Math.round(ms * 1e6));

/** A clock that moves only when told to; timers fire in the order of their due times. */
export class ManualClock implements Clock {
  #nowNs: bigint;
  #timers = new Set<Timer>();

  constructor(nowMs = 0) {
    this.#nowNs = nsOf(nowMs);
  }

  nowNs(): bigint {
    return this.#nowNs;
  }

  /** Sets the time without firing a timer. */
  set(nowMs: number): void {
    this.#nowNs = nsOf(nowMs);
  }

  /** Moves the time on and fires each timer that falls due, at its own time. */
  advance(ms: number): void {
    const endNs = this.#nowNs + nsOf(ms);
    for (;;) {
      let next: Timer | null = null;
      for (const timer of this.#timers) {
        if (timer.dueNs <= endNs && (next === null || timer.dueNs < next.dueNs)) next = timer;
      }
      if (next === null) break;
      this.#nowNs = next.dueNs > this.#nowNs ? next.dueNs : this.#nowNs;
      if (next.periodNs > 0n) next.dueNs += next.periodNs;
      else this.#timers.delete(next);
      next.run();
    }
    this.#nowNs = endNs;
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#add(delayMs, 0n, run);
  }

  every(periodMs: number, run: () => void): () => void {
    return this.#add(periodMs, nsOf(Math.max(periodMs, 1)), run);
  }

  #add(delayMs: number, periodNs: bigint, run: () => void): () => void {
    const timer = { dueNs: this.#nowNs + nsOf(delayMs), periodNs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
