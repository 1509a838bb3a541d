/** One line on the terminal that says how far a long count is. */
const patienceMs = 1000;
const betweenMs = 200;

/** Shows a line of its own and takes it away again when the text is empty. */
export type StatusLine = (text: string) => void;

/**
 * Tells how much was read, how fast, and how long it will take. Nothing is told for as long as it
 * has not taken a second, nor where nobody watches.
 */
export class Progress {
  readonly #show: StatusLine | null;
  readonly #bytesTotal: number | null;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #shownMs = -Infinity;
  #bytes = 0;

  /** `bytesTotal` is null where the end is not known. */
  constructor(show: StatusLine | null, bytesTotal: number | null, nowMs = () => performance.now()) {
    this.#show = show;
    this.#bytesTotal = bytesTotal;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
  }

  /** So many more bytes of that input are counted. */
  advance(bytes: number, name: string): void {
    this.#bytes += bytes;
    if (this.#show === null) return;
    const now = this.#nowMs();
    if (now - this.#startMs < patienceMs || now - this.#shownMs < betweenMs) return;
    if (this.#shownMs < 0) for (const signal of stopSignals) process.on(signal, this.#stopped);
    this.#shownMs = now;
    this.#show(`${this.#describe((now - this.#startMs) / 1000)}  ${name}`);
  }

  /** Takes the line away, before something else is written. */
  clear(): void {
    if (this.#shownMs < 0) return;
    for (const signal of stopSignals) process.off(signal, this.#stopped);
    this.#shownMs = -Infinity;
    this.#show?.("");
  }

  /** Leaves a clean line behind, and then does what the signal does without us. */
  #stopped = (signal: NodeJS.Signals): void => {
    this.clear();
    process.kill(process.pid, signal);
  };

  #describe(seconds: number): string {
    const bytesPerSecond = this.#bytes / seconds;
    const speed = `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
    const total = this.#bytesTotal;
    if (total === null || this.#bytes > total) return `${size(this.#bytes)}  ${speed}`;
    const percent = Math.floor((100 * this.#bytes) / total);
    const left = duration((total - this.#bytes) / bytesPerSecond);
    return `${size(this.#bytes)} of ${size(total)}  ${percent} %  ${speed}  ${left} left`;
  }
}

const stopSignals = ["SIGINT", "SIGTERM"] as const;

function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h`;
}
