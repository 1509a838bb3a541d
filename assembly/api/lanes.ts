import { lanesMax } from "../bounds";
import { TextCounter } from "../bpe/counter";
import { Encoding } from "../bpe/encoding";
import { encodeUtf8 } from "../bytes/utf8";

/** The kinds of text that an answer delivers; each is tokenized for itself. */
export const enum TextKind {
  Content,
  Refusal,
  Reasoning,
  ToolCall,
}

/** Key of a lane: which choice, which kind, which tool call of the choice. */
export function laneKey(choice: u32, kind: TextKind, tool: u32): u32 {
  return (min<u32>(choice, 0xffff) << 16) | (kind << 12) | min<u32>(tool, 0xfff);
}


@unmanaged
class Lane {
  key: u32;
  /** A high surrogate that the text so far ended with, 0 if none. */
  highSurrogate: u16;
  /** The U+FFFD that stands for it, held back until the next piece shows whether it is paired. */
  replacementHeld: bool;
}

const replacementBytes: u32 = 3;
const scratch: usize = memory.data(8, 4);

/**
 * Counts the texts of one response, each apart, as their pieces arrive in any order. Memory grows
 * with the number of texts up to `lanesMax`; past that, texts share the last lane and the sum is no
 * longer exact.
 */
@unmanaged
export class Lanes {
  private ptr: usize;
  private count: u32;
  private capacity: u32;
  private encoding: Encoding;
  exact: bool;
  /** Bytes of text delivered. */
  textBytes: u64;

  start(encoding: Encoding): void {
    this.dispose();
    this.encoding = encoding;
    this.exact = true;
    this.textBytes = 0;
  }

  /**
   * Adds a piece of text. `leadingLow` is set when the piece begins a string with the U+FFFD of an
   * unpaired low surrogate, which the end of the piece before may complete.
   */
  add(key: u32, ptr: usize, bytes: u32, leadingLow: u16): void {
    this.textBytes += bytes;
    if (this.encoding == Encoding.None || bytes == 0) return;
    const lane = this.laneOf(key);
    const counter = counterOf(lane);
    if (lane.replacementHeld) {
      lane.replacementHeld = false;
      if (lane.highSurrogate != 0 && leadingLow != 0) {
        const pair = joined(lane.highSurrogate, leadingLow);
        counter.feed(scratch, encodeUtf8(pair, scratch));
        ptr += replacementBytes;
        bytes -= min<u32>(bytes, replacementBytes);
      } else {
        counter.feed(scratch, encodeUtf8(0xfffd, scratch));
      }
      lane.highSurrogate = 0;
    }
    if (endsWithReplacement(ptr, bytes)) {
      lane.replacementHeld = true;
      bytes -= replacementBytes;
    }
    counter.feed(ptr, bytes);
  }

  /** Tells that the string just added ended with an unpaired high surrogate (0: it did not). */
  endString(key: u32, trailingHigh: u16): void {
    if (trailingHigh != 0 && this.encoding != Encoding.None) {
      this.laneOf(key).highSurrogate = trailingHigh;
    }
  }

  /** Tokens of all texts. Ends them. */
  finish(): u64 {
    let tokens: u64 = 0;
    for (let i: u32 = 0; i < this.count; i++) {
      const lane = this.at(i);
      const counter = counterOf(lane);
      if (lane.replacementHeld) counter.feed(scratch, encodeUtf8(0xfffd, scratch));
      lane.replacementHeld = false;
      tokens += counter.finish();
      if (!counter.exact) this.exact = false;
    }
    return tokens;
  }

  dispose(): void {
    for (let i: u32 = 0; i < this.count; i++) counterOf(this.at(i)).dispose();
    if (this.ptr) heap.free(this.ptr);
    this.ptr = 0;
    this.count = 0;
    this.capacity = 0;
  }

  init(): Lanes {
    this.ptr = 0;
    this.count = 0;
    this.start(Encoding.None);
    return this;
  }

  private at(index: u32): Lane {
    return changetype<Lane>(this.ptr + <usize>index * laneBytes());
  }

  private laneOf(key: u32): Lane {
    for (let i: u32 = 0; i < this.count; i++) {
      const lane = this.at(i);
      if (lane.key == key) return lane;
    }
    if (this.count == lanesMax) {
      this.exact = false;
      return this.at(lanesMax - 1);
    }
    if (this.count == this.capacity) this.grow();
    const lane = this.at(this.count++);
    lane.key = key;
    lane.highSurrogate = 0;
    lane.replacementHeld = false;
    counterOf(lane).start(this.encoding);
    return lane;
  }

  private grow(): void {
    this.capacity = this.capacity ? this.capacity << 1 : 1;
    const bytes = <usize>this.capacity * laneBytes();
    this.ptr = this.ptr ? heap.realloc(this.ptr, bytes) : heap.alloc(bytes);
  }
}

export function newLanes(): Lanes {
  return changetype<Lanes>(heap.alloc(offsetof<Lanes>())).init();
}

/** A lane, then its counter, both rounded to 16 bytes. */
function laneBytes(): usize {
  return 16 + ((offsetof<TextCounter>() + 15) & ~15);
}

function counterOf(lane: Lane): TextCounter {
  return changetype<TextCounter>(changetype<usize>(lane) + 16);
}

function joined(high: u32, low: u32): u32 {
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

function endsWithReplacement(ptr: usize, bytes: u32): bool {
  if (bytes < replacementBytes) return false;
  const tail = ptr + bytes - replacementBytes;
  return load<u8>(tail) == 0xef && load<u8>(tail, 1) == 0xbf && load<u8>(tail, 2) == 0xbd;
}
