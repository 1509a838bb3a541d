import { usageTokensMax } from "../bounds";

/** Kinds of numbers that a provider may report, as bits of `Usage.reported`. */
export const enum UsageKind {
  Input = 1,
  CachedRead = 2,
  CacheWrite = 4,
  Output = 8,
  Reasoning = 16,
  Total = 32,
}

/**
 * A provider's own numbers in the canonical split: input holds what was read from and written to
 * caches, output holds reasoning, total is their sum. What was not reported is absent, which is not
 * the same as zero.
 */
@unmanaged
export class Usage {
  input: u64;
  cachedRead: u64;
  cacheWrite: u64;
  output: u64;
  reasoning: u64;
  total: u64;
  reported: u32;

  reset(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<Usage>());
  }

  has(kind: UsageKind): bool {
    return (this.reported & kind) != 0;
  }

  /** True when the provider said how much was read and written, or enough to know. */
  get complete(): bool {
    return this.has(UsageKind.Input) && this.has(UsageKind.Output);
  }

  /**
   * A later report replaces a smaller one: servers repeat running totals, and some end in zeros.
   * A number that no answer can come to is none.
   */
  note(kind: UsageKind, value: u64): void {
    if (value > usageTokensMax) return;
    switch (kind) {
      case UsageKind.Input:
        this.input = max<u64>(this.input, value);
        break;
      case UsageKind.CachedRead:
        this.cachedRead = max<u64>(this.cachedRead, value);
        break;
      case UsageKind.CacheWrite:
        this.cacheWrite = max<u64>(this.cacheWrite, value);
        break;
      case UsageKind.Output:
        this.output = max<u64>(this.output, value);
        break;
      case UsageKind.Reasoning:
        this.reasoning = max<u64>(this.reasoning, value);
        break;
      default:
        this.total = max<u64>(this.total, value);
    }
    this.reported |= kind;
  }

  /**
   * What the total gives away: the one of input and output that was not reported, and reasoning
   * that a server left out of its output (the total is the proof).
   */
  derive(): void {
    if (!this.has(UsageKind.Total)) return;
    const total = this.total;
    if (this.has(UsageKind.Input) && !this.has(UsageKind.Output) && total >= this.input) {
      this.note(UsageKind.Output, total - this.input);
    }
    if (this.has(UsageKind.Output) && !this.has(UsageKind.Input) && total >= this.output) {
      this.note(UsageKind.Input, total - this.output);
    }
    const output = this.output + this.reasoning;
    const leftOut = output > this.output && total > output;
    if (this.has(UsageKind.Input) && leftOut && total - output == this.input) {
      this.output = output;
    }
  }
}

export function newUsage(): Usage {
  const made = changetype<Usage>(heap.alloc(offsetof<Usage>()));
  made.reset();
  return made;
}
