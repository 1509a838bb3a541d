/** What the memo did since somebody last asked, for all streams of the VM. */
@unmanaged
export class MemoTally {
  /** Spans whose count was remembered, spans that had to be counted. */
  hits: u64;
  misses: u64;
  /** Bytes of the former, as they stand in the body. */
  hitBytes: u64;

  hit(bytes: u32): void {
    this.hits += 1;
    this.hitBytes += bytes;
  }

  reset(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<MemoTally>());
  }
}

export const memoTally = changetype<MemoTally>(memory.data(24, 8));
