import { memoSeekBytes, memoSegmentBytes, memoSpanBytesMin } from "../bounds";
import { Encoding } from "../bpe/encoding";
import { JsonEvent, JsonScanner } from "../json/scanner";
import { digestAs, digestHigh, digestLow, digestSpan } from "../memo/digest";
import { HeldBytes, newHeldBytes } from "../memo/held_bytes";
import { Payer } from "../memo/payer";
import { notRemembered, rememberedTokens, rememberTokens } from "../memo/table";
import { memoTally } from "../memo/tally";
import { ToolStyle } from "../prompt/tool_style";
import { Place } from "./tool_places";
import { ToolText } from "./tool_text";

/** A larger tool is counted, but not remembered. */
const toolBytesMax: u32 = memoSegmentBytes + memoSeekBytes;

/** In the domain of a digest: that it is one of a tool, and which of its two numbers it finds. */
const ofTools: u32 = 0x100;
const numberOfTools: u32 = 0x80000000;

/**
 * Remembers what tools come to, each for itself: agents send the same dozens of them with every
 * turn. Takes a tool as the bytes that a walker reports of it, which are JSON without a mistake;
 * where they are not known, a scanner reads them once more for `ToolText`. The bytes that lie in
 * several chunks are held, up to `toolBytesMax`.
 */
@unmanaged
export class ToolMemo {
  private payer: Payer;
  private domain: u32;
  private held: HeldBytes;
  private scanner: JsonScanner;
  /** The tool is too large to be held: its bytes are read as they come. */
  private running: bool;

  setPayer(payer: Payer): void {
    this.payer.set(payer.low, payer.high, payer.owner);
  }

  /** For all tools to come: what has an influence on their count. */
  start(encoding: Encoding, place: Place, style: ToolStyle, nestedLine: u32): void {
    const manner = ((<u32>place) << 9) | ((<u32>style) << 14) | (min(nestedLine, 0x7fff) << 16);
    this.domain = encoding | ofTools | manner;
    this.held.clear();
    this.running = false;
  }

  /** The next bytes of a tool, with `ends` the last. What it comes to is added to `tools`. */
  feed(ptr: usize, bytes: u32, ends: bool, tools: ToolText): void {
    const held = this.held;
    if (this.running) {
      this.read(ptr, bytes, tools);
    } else if (held.bytes + bytes > toolBytesMax) {
      this.running = true;
      this.scanner.start();
      this.read(held.ptr, held.bytes, tools);
      this.read(ptr, bytes, tools);
    } else if (ends && held.bytes == 0) {
      this.tool(ptr, bytes, tools);
    } else {
      held.add(ptr, bytes);
      if (ends) this.tool(held.ptr, held.bytes, tools);
    }
    if (!ends) return;
    held.clear();
    this.running = false;
  }

  dispose(): void {
    this.held.dispose();
    heap.free(changetype<usize>(this.scanner));
    heap.free(changetype<usize>(this.payer));
    heap.free(changetype<usize>(this));
  }

  init(): ToolMemo {
    this.payer = changetype<Payer>(heap.alloc(offsetof<Payer>()));
    this.scanner = changetype<JsonScanner>(heap.alloc(offsetof<JsonScanner>()));
    this.held = newHeldBytes(toolBytesMax);
    return this;
  }

  private tool(ptr: usize, bytes: u32, tools: ToolText): void {
    this.scanner.start();
    if (bytes < memoSpanBytesMin) return this.read(ptr, bytes, tools);
    digestSpan(ptr, bytes, this.domain, this.payer);
    const low = digestLow();
    const high = digestHigh();
    digestAs(this.domain | numberOfTools);
    const lowOfNumber = digestLow();
    const highOfNumber = digestHigh();
    const tokens = rememberedTokens(low, high);
    const number = tokens == notRemembered ? tokens : rememberedTokens(lowOfNumber, highOfNumber);
    if (number != notRemembered) {
      memoTally.hit(bytes);
      return tools.add(tokens, number);
    }
    memoTally.misses += 1;
    const tokensBefore = tools.tokensSoFar;
    const toolsBefore = tools.toolsSoFar;
    this.read(ptr, bytes, tools);
    const owner = this.payer.owner;
    if (tokens == notRemembered) {
      rememberTokens(low, high, owner, tools.tokensSoFar - tokensBefore);
    }
    rememberTokens(lowOfNumber, highOfNumber, owner, tools.toolsSoFar - toolsBefore);
  }

  private read(ptr: usize, bytes: u32, tools: ToolText): void {
    const scanner = this.scanner;
    scanner.feed(ptr, bytes);
    let event = scanner.next();
    while (event != JsonEvent.More && event != JsonEvent.Fail) {
      tools.take(event, scanner);
      event = scanner.next();
    }
  }
}

export function newToolMemo(): ToolMemo {
  return changetype<ToolMemo>(heap.alloc(offsetof<ToolMemo>())).init();
}
