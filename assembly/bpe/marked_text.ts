/**
 * Servers that render a chat template and then read the whole of it with Hugging Face's tokenizers
 * find special tokens in what the user wrote, too: `<|im_end|>` in a message is one token, and the
 * text around it is cut there. This stage does the same, ahead of everything else.
 */
import { specialsOf } from "../../build/vocab/carried";
import { specialBytesMax, scanPadBytes } from "../bounds";
import { isInSet, longestInSet } from "./byte_set";
import { countedTokens, countPieces } from "./count_pieces";
import { TextCounter } from "./counter";
import { Encoding } from "./encoding";
import { gemmaCarried, underlinesAt } from "./underlines";

/** More text is needed to know. */
export const unknown: i32 = -1;

/**
 * The beginning of what may be a special token, at the end of the text so far: its length, then its
 * bytes, and room to read behind them.
 */
const headBytes: u32 = 8;
const heldBytes: u32 = headBytes + specialBytesMax + scanPadBytes;

/** Feeds a counter whose encoding has special tokens with the next bytes of its text. */
export function feedMarked(counter: TextCounter, ptr: usize, bytes: u32): void {
  const end = ptr + bytes;
  const gemma = gemmaCarried && counter.encoding == Encoding.Gemma3;
  let at = counter.held != 0 ? completeHeld(counter, ptr, end, gemma) : ptr;
  let plain = at;
  while (true) {
    at = openerAt(at, end, gemma);
    if (at >= end) break;
    const found = specialAt(counter.encoding, at, end, gemma);
    if (found == 0) {
      at++;
      continue;
    }
    counter.feedText(plain, <u32>(at - plain));
    if (found == unknown) return hold(counter, at, <u32>(end - at));
    counter.takeSpecial();
    at += found;
    plain = at;
  }
  if (plain < end) counter.feedText(plain, <u32>(end - plain));
}

/**
 * The tokens of a whole text whose characters are counted as they stand (`isSettledText`): spans of
 * text, and the special tokens between them.
 */
export function countSpans(encoding: Encoding, ptr: usize, end: usize): u64 {
  const gemma = gemmaCarried && encoding == Encoding.Gemma3;
  let tokens: u64 = 0;
  let at = ptr;
  while (true) {
    at = openerAt(at, end, gemma);
    if (at >= end) break;
    const found = specialAt(encoding, at, end, gemma);
    if (found <= 0) {
      at++;
      continue;
    }
    countPieces(encoding, ptr, at, true);
    tokens += countedTokens + 1;
    at += found;
    ptr = at;
  }
  countPieces(encoding, ptr, end, true);
  return tokens + countedTokens;
}

/** The text is over: what was held is no special token, unless it is a run that could go on. */
export function finishMarked(counter: TextCounter): void {
  const held = counter.held;
  if (held == 0) return;
  counter.held = 0;
  const text = held + headBytes;
  const bytes = load<u32>(held);
  let run: u32 = 0;
  if (gemmaCarried && load<u8>(text) == 0xe2) run = underlinesAt(text, text + bytes, true);
  if (run > 0) counter.takeSpecial();
  if (run < bytes) counter.feedText(text + run, bytes - run);
  heap.free(held);
}

/** Adds to what is held until it is known for what it is; answers where to go on. */
function completeHeld(counter: TextCounter, ptr: usize, end: usize, gemma: bool): usize {
  const held = counter.held;
  const before = load<u32>(held);
  const more = min(specialBytesMax - before, <u32>(end - ptr));
  const text = held + headBytes;
  memory.copy(text + before, ptr, more);
  store<u32>(held, before + more);
  const found = specialAt(counter.encoding, text, text + before + more, gemma);
  if (found == unknown) return end;
  counter.held = 0;
  if (found > 0) counter.takeSpecial();
  if (<u32>found < before) counter.feedText(text + found, before - found);
  heap.free(held);
  return <u32>found < before ? ptr : ptr + found - before;
}

function hold(counter: TextCounter, ptr: usize, bytes: u32): void {
  const held = heap.alloc(heldBytes);
  store<u32>(held, bytes);
  memory.copy(held + headBytes, ptr, bytes);
  counter.held = held;
}

/** The first byte from `ptr` on that can begin a special token; `end` or more without one. */
function openerAt(ptr: usize, end: usize, gemma: bool): usize {
  while (ptr < end) {
    const text = v128.load(ptr);
    let openers = i8x16.eq(text, i8x16.splat(0x3c));
    if (gemmaCarried && gemma) {
      openers = v128.or(openers, i8x16.eq(text, i8x16.splat(0x5b)));
      openers = v128.or(openers, i8x16.eq(text, i8x16.splat(<i8>0xe2)));
    }
    const bits = i8x16.bitmask(openers);
    if (bits != 0) return ptr + ctz(bits);
    ptr += 16;
  }
  return ptr;
}

/**
 * The bytes of the special token that the text [ptr, end) begins with: 0 where it begins with none,
 * `unknown` where more text could make it one. They begin with `<` and end with `>`, or with `[`
 * and `]`, and hold none of the openers inside, so no byte is looked at for more than one of them.
 */
function specialAt(encoding: Encoding, ptr: usize, end: usize, gemma: bool): i32 {
  const opener: u32 = load<u8>(ptr);
  if (gemmaCarried && opener == 0xe2) return underlinesAt(ptr, end, false);
  const specials = specialsOf(encoding);
  const limit = ptr + longestInSet(specials);
  const most = min(end, limit);
  let at = ptr + 1;
  while (at < most) {
    const byte: u32 = load<u8>(at++);
    if (byte == opener + 2) return isInSet(specials, ptr, <u32>(at - ptr)) ? <i32>(at - ptr) : 0;
    if (byte == 0x3c || byte == 0x5b || (gemma && byte == 0xe2)) return 0;
  }
  return end < limit ? unknown : 0;
}
