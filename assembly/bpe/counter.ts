import { carriesNormalForm, normalFormOf } from "../../build/vocab/carried";
import { carriesSpecials, specialsOf } from "../../build/vocab/carried";
import { carryScanBytes, longRunBytesMin, pieceBytesMax, scanPadBytes } from "../bounds";
import { isUtf8, utf8Invalid, utf8Step } from "../bytes/utf8";
import { behindUtf8Blocks } from "../bytes/utf8_blocks";
import { countedTokens, countPieces } from "./count_pieces";
import { Encoding } from "./encoding";
import { LongRun, RunKind } from "./long_run";
import { countSpans, feedMarked, finishMarked } from "./marked_text";
import { vocabularyOf } from "./vocabulary";
import { finishNormal, takeNormal } from "./normal_text";
import { isSettledText } from "./settled_text";
import { gemmaCarried, takeUnderlines } from "./underlines";

/** A chunk that one load reads whole. */
const wordBytesMax: u32 = 16;

/** U+FFFD, and as many bytes as one load reads. */
const replacement: usize = memory.data<u64>([0xbdbfef, 0]);

/**
 * Counts the tokens of a text that arrives in chunks: just as many as the reference encoder finds
 * in the whole text, wherever it is cut. Special tokens in it are read as the usual server reads
 * them: as plain text, or as tokens (docs/encodings.md). Bytes that are not UTF-8 count as the
 * U+FFFD characters that the WHATWG Encoding Standard decodes them to.
 *
 * Plain memory, some 50 bytes. What lies behind the last piece whose end is certain is the carry:
 * on the heap, from the first chunk that ends inside a piece until `finish` or `dispose`, and
 * bounded by `pieceBytesMax`.
 */
@unmanaged
export class TextCounter {
  /** Tokens whose piece is decided; after `finish` all of them. */
  tokens: u64;
  /** False once a piece stayed undecided over `pieceBytesMax` and was cut there. */
  exact: bool;
  encoding: Encoding;
  /** What may become a special token (bpe/marked_text.ts), on the heap; 0 for nothing. */
  held: usize;
  /** Characters on which the next one may act (bpe/normal_text.ts), on the heap; 0 for none. */
  chars: usize;
  /** The character that the last chunk cut: its bytes, their number, and what must follow. */
  private cutChar: u32;
  private cutBytes: u32;
  private cutState: u32;
  private carryPtr: usize;
  private carryBytes: u32;
  private carryCapacityBytes: u32;
  /** Room for a `LongRun`. */
  private runPlace: u64;
  private runPlaceB: u64;
  private runPlaceC: u64;
  private runPlaceD: u64;
  /** The carry is scanned when it has grown to this, so that no byte is scanned often. */
  private scanAtBytes: u32;

  /** Begins an empty text; `encoding` must not be `None`. Frees nothing: see `dispose`. */
  start(encoding: Encoding): void {
    memory.fill(changetype<usize>(this), 0, offsetof<TextCounter>());
    this.encoding = encoding;
    this.exact = true;
    this.scanAtBytes = carryScanBytes;
  }

  /** The next bytes of the text. At least `scanPadBytes` behind them are readable. */
  feed(ptr: usize, bytes: u32): void {
    if (carriesSpecials && specialsOf(this.encoding) != 0) feedMarked(this, ptr, bytes);
    else this.feedText(ptr, bytes);
  }

  /** The next bytes of a text whose special tokens have been taken out. */
  feedText(ptr: usize, bytes: u32): void {
    const settled = !carriesNormalForm || normalFormOf(this.encoding) == 0;
    if (settled && bytes <= wordBytesMax && this.keepWord(ptr, bytes)) return;
    const end = ptr + bytes;
    if (this.cutBytes > 0) ptr = this.completeCut(ptr, end);
    while (ptr < end) ptr = this.takeValid(ptr, end);
  }

  /**
   * The usual chunk of an answer is a word or two, of which nothing is decided yet: if it is ASCII
   * and there is room in the carry, it is kept there without further ado.
   */
  private keepWord(ptr: usize, bytes: u32): bool {
    const carryBytes = this.carryBytes;
    const kept = carryBytes + bytes;
    if (kept >= this.scanAtBytes || kept + scanPadBytes > this.carryCapacityBytes) return false;
    const word = v128.load(ptr);
    const high = (i8x16.bitmask(word) << (wordBytesMax - bytes)) & 0xffff;
    if (high != 0 || this.cutBytes > 0) return false;
    v128.store(this.carryPtr + carryBytes, word);
    this.carryBytes = kept;
    return true;
  }

  /** The text is over: decides what is left, frees the carry and answers the number of tokens. */
  finish(): u64 {
    if (carriesSpecials) finishMarked(this);
    this.finishSpan();
    this.dispose();
    return this.tokens;
  }

  /** Takes a special token: the text before it is over, and another one begins behind it. */
  takeSpecial(): void {
    this.finishSpan();
    this.carryBytes = 0;
    this.scanLater();
    this.tokens++;
  }

  private finishSpan(): void {
    if (this.cutBytes > 0) this.takeReplacement();
    if (carriesNormalForm) finishNormal(this);
    this.count(this.carryPtr, this.carryBytes, true);
  }

  /** Frees the carry, for a text that is given up. Does no harm after `finish`. */
  dispose(): void {
    if (this.held != 0) heap.free(this.held);
    if (this.chars != 0) heap.free(this.chars);
    this.held = 0;
    this.chars = 0;
    if (this.carryPtr != 0) heap.free(this.carryPtr);
    this.carryPtr = 0;
    this.carryBytes = 0;
    this.carryCapacityBytes = 0;
  }

  /** Takes the well-formed text at `ptr` and what ends it; answers where to go on. */
  private takeValid(ptr: usize, end: usize): usize {
    let at = ptr;
    let charStart = at;
    let state: u32 = 0;
    let blocksAt = ptr + wordBytesMax;
    while (at < end) {
      // Once, and not at first: where one byte is broken, the next ones often are.
      if (state == 0 && at >= blocksAt) {
        at = behindUtf8Blocks(at, end);
        blocksAt = end;
        if (at == end) break;
      }
      if (state == 0) charStart = at;
      const following = utf8Step(state, load<u8>(at));
      if (following == utf8Invalid) {
        this.take(ptr, <u32>(charStart - ptr));
        this.takeReplacement();
        return at > charStart ? at : at + 1;
      }
      state = following;
      at++;
    }
    if (state == 0) charStart = end;
    this.take(ptr, <u32>(charStart - ptr));
    this.cut(charStart, end, state);
    return end;
  }

  private cut(charStart: usize, end: usize, state: u32): void {
    this.cutBytes = <u32>(end - charStart);
    this.cutState = state;
    memory.copy(this.cutCharPtr, charStart, this.cutBytes);
  }

  /** Adds to the cut character until it is whole or proves to be none; answers where to go on. */
  private completeCut(ptr: usize, end: usize): usize {
    while (ptr < end) {
      const byte = load<u8>(ptr);
      const state = utf8Step(this.cutState, byte);
      if (state == utf8Invalid) {
        this.takeReplacement();
        return ptr;
      }
      store<u8>(this.cutCharPtr + this.cutBytes, byte);
      this.cutBytes++;
      this.cutState = state;
      ptr++;
      if (state == 0) {
        this.take(this.cutCharPtr, this.cutBytes);
        this.cutBytes = 0;
        return ptr;
      }
    }
    return ptr;
  }

  private takeReplacement(): void {
    this.cutBytes = 0;
    this.take(replacement, 3);
  }

  private get cutCharPtr(): usize {
    return changetype<usize>(this) + offsetof<TextCounter>("cutChar");
  }

  /** Takes whole characters, as they were written. */
  private take(ptr: usize, bytes: u32): void {
    if (carriesNormalForm && normalFormOf(this.encoding) != 0) return takeNormal(this, ptr, bytes);
    if (gemmaCarried && this.encoding == Encoding.Gemma3) return takeUnderlines(this, ptr, bytes);
    this.takeSettled(ptr, bytes);
  }

  /** Takes whole characters, as they are counted: counts what they decide, keeps the rest. */
  takeSettled(ptr: usize, bytes: u32): void {
    let used: u32 = 0;
    while (used < bytes) {
      if (this.carryBytes == 0 && bytes - used >= carryScanBytes) {
        const left = this.count(ptr + used, bytes - used, false);
        this.append(ptr + bytes - left, left);
        return this.scanLater();
      }
      const wanted = min(this.scanAtBytes - this.carryBytes, bytes - used);
      const more = behindChar(ptr + used, wanted, bytes - used);
      this.append(ptr + used, more);
      used += more;
      if (this.carryBytes < this.scanAtBytes) return;
      const left = this.count(this.carryPtr, this.carryBytes, false);
      if (left <= used) {
        // What is undecided lies in the chunk: there it needs no copy.
        used -= left;
        this.carryBytes = 0;
      } else {
        memory.copy(this.carryPtr, this.carryPtr + this.carryBytes - left, left);
        this.carryBytes = left;
      }
      this.scanLater();
    }
  }

  /** Counts the pieces that are decided; answers how many bytes behind them are not. */
  private count(ptr: usize, bytes: u32, final: bool): u32 {
    const end = ptr + bytes;
    let at = this.run.kind != RunKind.None ? this.countRun(ptr, end, final) : ptr;
    while (this.run.kind == RunKind.None) {
      at = countPieces(this.encoding, at, end, final);
      this.tokens += countedTokens;
      if (end - at < longRunBytesMin || !this.run.begin(this.encoding, at, end)) break;
      at = this.countRun(at, end, final);
    }
    if (end - at >= pieceBytesMax) {
      this.exact = false;
      if (this.run.kind != RunKind.None) at = this.countRun(at, end, true);
      at = countPieces(this.encoding, at, end, true);
      this.tokens += countedTokens;
    }
    return <u32>(end - at);
  }

  private countRun(ptr: usize, end: usize, final: bool): usize {
    const v = vocabularyOf(this.encoding);
    if (v === null) return end;
    const at = this.run.advance(v, ptr, end, final);
    this.tokens += this.run.counted;
    if (!this.run.exact) this.exact = false;
    return at;
  }

  private get run(): LongRun {
    return changetype<LongRun>(changetype<usize>(this) + offsetof<TextCounter>("runPlace"));
  }

  /** A long undecided end is looked at again when it has doubled, so no byte is scanned often. */
  private scanLater(): void {
    this.scanAtBytes = min(max(this.carryBytes << 1, carryScanBytes), pieceBytesMax);
  }

  private append(ptr: usize, bytes: u32): void {
    const carryBytes = this.carryBytes + bytes;
    if (carryBytes + scanPadBytes > this.carryCapacityBytes) this.grow(carryBytes);
    const to = this.carryPtr + this.carryBytes;
    if (bytes <= wordBytesMax) v128.store(to, v128.load(ptr));
    else memory.copy(to, ptr, bytes);
    this.carryBytes = carryBytes;
  }

  private grow(carryBytes: u32): void {
    // To where it will be looked at, and the rest of the character there.
    this.carryCapacityBytes = max(carryBytes, this.scanAtBytes) + 4 + scanPadBytes;
    const carryPtr = heap.alloc(this.carryCapacityBytes);
    memory.copy(carryPtr, this.carryPtr, this.carryBytes);
    if (this.carryPtr != 0) heap.free(this.carryPtr);
    this.carryPtr = carryPtr;
  }
}

/** `at`, or where the character around it ends; `bytes` is where the text ends. */
function behindChar(ptr: usize, at: u32, bytes: u32): u32 {
  while (at < bytes && (load<u8>(ptr + at) & 0xc0) == 0x80) at++;
  return at;
}

/** Scratch of the one-shot calls below, which nothing can interrupt. */
const oneShot: usize = memory.data(offsetof<TextCounter>(), 8);
const tillSliceBytes: u32 = 4096;

/** The tokens of a whole text. */
export function countText(encoding: Encoding, ptr: usize, bytes: u32): u64 {
  if (isUtf8(ptr, bytes)) {
    const end = ptr + bytes;
    if (!carriesSpecials || specialsOf(encoding) == 0) {
      countPieces(encoding, ptr, end, true);
      return countedTokens;
    }
    if (isSettledText(encoding, ptr, end)) return countSpans(encoding, ptr, end);
  }
  const counter = changetype<TextCounter>(oneShot);
  counter.start(encoding);
  counter.feed(ptr, bytes);
  return counter.finish();
}

/**
 * The tokens of a text if they are `tokensMax` or fewer; else, without reading much further, some
 * number above `tokensMax` that the text has at least.
 */
export function countTextTill(encoding: Encoding, ptr: usize, bytes: u32, tokensMax: u64): u64 {
  const counter = changetype<TextCounter>(oneShot);
  counter.start(encoding);
  let used: u32 = 0;
  while (used < bytes) {
    const slice = min(tillSliceBytes, bytes - used);
    counter.feed(ptr + used, slice);
    used += slice;
    if (counter.tokens > tokensMax) {
      counter.dispose();
      return counter.tokens;
    }
  }
  return counter.finish();
}
