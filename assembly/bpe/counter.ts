import { Encoding } from "./encoding";

/** Counts the tokens of a text that arrives in chunks. */
@unmanaged
export class TextCounter {
  tokens: u64;
  exact: bool;
  encoding: Encoding;

  start(encoding: Encoding): void {
    this.encoding = encoding;
    this.tokens = 0;
    this.exact = true;
  }

  feed(ptr: usize, bytes: u32): void {
    this.tokens += bytes;
  }

  finish(): u64 {
    return this.tokens;
  }

  dispose(): void {}
}
