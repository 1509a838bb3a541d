import { memoSeekBytes, memoSegmentBytes, memoSpanBytesMin, scanPadBytes } from "../bounds";
import { countText, TextCounter } from "../bpe/counter";
import { Encoding } from "../bpe/encoding";
import { JsonError, JsonEvent, JsonScanner } from "../json/scanner";
import { stringRunEnd } from "../json/spans";
import { leftToScanner, unescapeWhole } from "../json/unescape";
import { certainCut, cutContextBytes } from "./certain_cut";
import { digestHigh, digestLow, digestSpan } from "./digest";
import { HeldBytes, newHeldBytes } from "./held_bytes";
import { Payer } from "./payer";
import { notRemembered, rememberedTokens, rememberTokens } from "./table";
import { memoTally } from "./tally";

/** What must be seen of a text, if it goes on for so long, before any of it is counted. */
const windowBytes: u32 = memoSegmentBytes + memoSeekBytes;

/** A segment's text, for as long as it takes to count it. */
const unescaped: usize = heap.alloc(windowBytes + scanPadBytes);

const quote: usize = memory.data<u8>([0x22]);

/**
 * Counts the contents of JSON strings that arrive raw and in chunks, and remembers the counts:
 * what was counted before, in the same encoding and for the same payer, costs a hash.
 *
 * A text is counted in segments of `memoSegmentBytes` and a little more, cut where that is certain
 * not to change the sum (certain_cut.ts). Where the segments lie hangs on the text alone, and not
 * on its chunks. A segment is hashed first; if its count is not remembered it is read as strictly
 * as the document's scanner would read it, then counted and remembered. Only what passed these
 * checks is ever remembered, so bytes that are found need not be checked again.
 *
 * What stands behind the last whole segment is held, on the heap: up to `windowBytes`, and only
 * where a chunk ends inside of it.
 */
@unmanaged
export class SpanCounter {
  /** Of the text that is being read. */
  tokens: u64;
  exact: bool;
  /** What is wrong with it, and how many bytes behind its opening quote. */
  error: JsonError;
  errorOffset: u32;

  private encoding: Encoding;
  private payer: Payer;
  /** Bytes of the text before the segment at hand. */
  private doneBytes: u32;
  /** No place to cut was found: what follows is counted as one text until there is one. */
  private running: bool;
  private held: HeldBytes;
  private scanner: JsonScanner;
  private counter: TextCounter;
  /** Bytes of the text before those that the scanner was given last. */
  private scanBase: u32;

  /** Sets for all texts to come who they are remembered for; nothing is held. */
  startFor(encoding: Encoding, payer: Payer): void {
    this.encoding = encoding;
    this.payer.set(payer.low, payer.high, payer.owner);
    this.begin();
  }

  /** Begins a text, behind its opening quote. */
  begin(): void {
    this.tokens = 0;
    this.exact = true;
    if (this.running) this.counter.dispose();
    this.error = JsonError.None;
    this.errorOffset = 0;
    this.doneBytes = 0;
    this.running = false;
    this.held.clear();
  }

  /**
   * The next raw bytes of the text; `ends` when the closing quote follows. False when the text
   * cannot stand in a JSON string: see `error`. At least 32 readable bytes stand behind.
   */
  feed(ptr: usize, bytes: u32, ends: bool): bool {
    const held = this.held;
    while (held.bytes != 0 && bytes != 0) {
      const before = held.bytes;
      const more = min(windowBytes - before, bytes);
      held.add(ptr, more);
      const whole = ends && more == bytes;
      if (held.bytes < windowBytes && !whole) return true;
      const done = this.segment(held.ptr, held.bytes, whole);
      if (done == 0) return false;
      if (done >= before) {
        held.clear();
        ptr += done - before;
        bytes -= done - before;
      } else {
        held.drop(done);
        ptr += more;
        bytes -= more;
      }
    }
    while (bytes >= windowBytes || (ends && bytes != 0)) {
      const done = this.segment(ptr, bytes, ends);
      if (done == 0) return false;
      ptr += done;
      bytes -= done;
    }
    if (bytes != 0) held.add(ptr, bytes);
    return true;
  }

  /** Of the text so far, as far as they are certain. */
  get tokensSoFar(): u64 {
    return this.running ? this.tokens + this.counter.tokens : this.tokens;
  }

  /** At the closing quote: `tokens` is the count. False as in `feed`. */
  finish(): bool {
    const held = this.held;
    while (held.bytes != 0) {
      const done = this.segment(held.ptr, held.bytes, true);
      if (done == 0) return false;
      held.drop(done);
    }
    return true;
  }

  /** Where the document ends inside the text: false if something before that is wrong with it. */
  check(): bool {
    const held = this.held;
    if (held.bytes == 0) return true;
    if (!this.running) this.startRun();
    return this.run(held.ptr, held.bytes);
  }

  /** Gives back what is held and all else on the heap, itself included. */
  dispose(): void {
    this.held.dispose();
    this.counter.dispose();
    heap.free(changetype<usize>(this.counter));
    heap.free(changetype<usize>(this.scanner));
    heap.free(changetype<usize>(this.payer));
    heap.free(changetype<usize>(this));
  }

  init(): SpanCounter {
    memory.fill(changetype<usize>(this), 0, offsetof<SpanCounter>());
    this.scanner = changetype<JsonScanner>(heap.alloc(offsetof<JsonScanner>()));
    this.counter = changetype<TextCounter>(heap.alloc(offsetof<TextCounter>()));
    this.counter.start(Encoding.None);
    this.payer = changetype<Payer>(heap.alloc(offsetof<Payer>()));
    this.held = newHeldBytes(windowBytes);
    return this;
  }

  /**
   * Counts the first segment of what stands at `ptr`: the whole rest of the text if it `ends`
   * there, else at least `windowBytes`. Answers its size, 0 if something is wrong with it.
   */
  private segment(ptr: usize, bytes: u32, ends: bool): u32 {
    const seen = min(bytes, windowBytes);
    const last = ends && seen == bytes;
    const from = this.running ? cutContextBytes : memoSegmentBytes;
    const cut = seen > from ? certainCut(ptr + from, ptr + seen) : 0;
    const size = cut != 0 ? <u32>(cut - ptr) : last ? seen : memoSegmentBytes;
    const whole = cut != 0 || last;
    if (!this.running && whole) {
      if (!this.span(ptr, size)) return 0;
    } else {
      if (!this.running) this.startRun();
      if (!this.run(ptr, size)) return 0;
      if (whole && !this.endRun()) return 0;
    }
    this.doneBytes += size;
    return size;
  }

  /** Counts a segment that stands for itself, or finds that it was counted before. */
  private span(ptr: usize, bytes: u32): bool {
    if (bytes < memoSpanBytesMin) return this.count(ptr, bytes);
    digestSpan(ptr, bytes, this.encoding, this.payer);
    const low = digestLow();
    const high = digestHigh();
    const known = rememberedTokens(low, high);
    if (known != notRemembered) {
      memoTally.hit(bytes);
      this.tokens += known;
      return true;
    }
    memoTally.misses += 1;
    const before = this.tokens;
    if (!this.count(ptr, bytes)) return false;
    if (this.exact) rememberTokens(low, high, this.payer.owner, this.tokens - before);
    return true;
  }

  private count(ptr: usize, bytes: u32): bool {
    if (stringRunEnd(ptr, ptr + bytes) == ptr + bytes) {
      this.tokens += countText(this.encoding, ptr, bytes);
      return true;
    }
    const textBytes = unescapeWhole(ptr, bytes, unescaped);
    if (textBytes != leftToScanner) {
      this.tokens += countText(this.encoding, unescaped, textBytes);
      return true;
    }
    this.startRun();
    return this.run(ptr, bytes) && this.endRun();
  }

  private startRun(): void {
    const scanner = this.scanner;
    scanner.start();
    scanner.feed(quote, 1);
    scanner.next();
    scanner.wantText();
    this.scanBase = this.doneBytes;
    this.counter.start(this.encoding);
    this.running = true;
  }

  /** Reads and counts bytes that need not be a segment of their own. */
  private run(ptr: usize, bytes: u32): bool {
    const scanner = this.scanner;
    scanner.feed(ptr, bytes);
    let event = scanner.next();
    while (event == JsonEvent.Text) {
      this.counter.feed(scanner.textPtr, scanner.textBytes);
      event = scanner.next();
    }
    return event == JsonEvent.Fail ? this.fail() : true;
  }

  /** Ends them as the closing quote would; a place to cut leaves nothing pending either. */
  private endRun(): bool {
    if (!this.run(quote, 1)) return false;
    this.running = false;
    this.endCount();
    return true;
  }

  private endCount(): void {
    this.tokens += this.counter.finish();
    if (!this.counter.exact) this.exact = false;
  }

  /** The scanner's first byte was a quote of ours. */
  private fail(): bool {
    this.error = this.scanner.error;
    this.errorOffset = this.scanBase + this.scanner.errorOffset - 1;
    return false;
  }
}

export function newSpanCounter(): SpanCounter {
  return changetype<SpanCounter>(heap.alloc(offsetof<SpanCounter>())).init();
}
