/**
 * Brings a text into Unicode's Normalization Form C on its way to the splitter (Unicode Standard
 * Annex 15), as Qwen's tokenizer does. Most characters neither change nor act on the one before:
 * they are settled, and pass as they are. Each is held back until the next one is known to be
 * settled, too; else the characters from it on are taken together until one is.
 */
import { codePointsOf, normalFormOf } from "../../build/vocab/carried";
import { normalCharsMax, scanPadBytes } from "../bounds";
import { encodeUtf8 } from "../bytes/utf8";
import { codePointAt, hasCodePoint } from "./code_points";
import { TextCounter } from "./counter";
import { normalAt, normalise } from "./normal_form";

/** What is held: the number of characters, then each as a u32. */
const heldBytes: u32 = 4 + 4 * normalCharsMax;

/** Where the result of a normalisation is written as UTF-8. */
const written: usize = memory.data(<i32>(4 * 4 * normalCharsMax + scanPadBytes), 16);

/** Lead bytes from U+0300 on, the first character that is not settled. */
const unsettledLead: u8 = 0xcc;

/** Takes whole characters. */
export function takeNormal(counter: TextCounter, ptr: usize, bytes: u32): void {
  const end = ptr + bytes;
  const unsettled = codePointsOf(counter.encoding);
  if (counter.chars == 0) counter.chars = emptyList();
  while (ptr < end) {
    if (load<u32>(counter.chars) == 0) {
      const next = behindSettled(unsettled, ptr, end);
      const last = next > ptr ? charBefore(next) : ptr;
      if (last > ptr) counter.takeSettled(ptr, <u32>(last - ptr));
      push(counter, codePointAt(last));
      ptr = behindChar(last);
    } else {
      const char = codePointAt(ptr);
      if (!hasCodePoint(unsettled, char)) {
        flush(counter);
      } else {
        push(counter, char);
        ptr = behindChar(ptr);
      }
    }
  }
}

/** The text is over: nothing can act on what is held any more. */
export function finishNormal(counter: TextCounter): void {
  if (counter.chars != 0) flush(counter);
}

function emptyList(): usize {
  const list = heap.alloc(heldBytes);
  store<u32>(list, 0);
  return list;
}

/** Past the bound a text is cut, and no longer exact. */
function push(counter: TextCounter, char: u32): void {
  if (load<u32>(counter.chars) == normalCharsMax) {
    counter.exact = false;
    flush(counter);
  }
  const list = counter.chars;
  const count = load<u32>(list);
  store<u32>(list + 4 + ((<usize>count) << 2), char);
  store<u32>(list, count + 1);
}

function flush(counter: TextCounter): void {
  const list = counter.chars;
  const count = load<u32>(list);
  store<u32>(list, 0);
  const length = normalise(normalFormOf(counter.encoding), list + 4, count);
  let to = written;
  for (let i: u32 = 0; i < length; i++) to += encodeUtf8(normalAt(i), to);
  if (to > written) counter.takeSettled(written, <u32>(to - written));
}

/** The first character from `ptr` on that is not settled; `end` where there is none. */
export function behindSettled(unsettled: usize, ptr: usize, end: usize): usize {
  while (ptr < end) {
    if (ptr + 16 <= end && isSettledBlock(ptr)) {
      ptr += 16;
      while (ptr < end && (load<u8>(ptr) & 0xc0) == 0x80) ptr++;
      continue;
    }
    if (load<u8>(ptr) >= unsettledLead && hasCodePoint(unsettled, codePointAt(ptr))) return ptr;
    ptr = behindChar(ptr);
  }
  return end;
}

function isSettledBlock(ptr: usize): bool {
  return !v128.any_true(i8x16.ge_u(v128.load(ptr), i8x16.splat(<i8>unsettledLead)));
}

/** Where the character that ends at `ptr` begins. */
function charBefore(ptr: usize): usize {
  ptr--;
  while ((load<u8>(ptr) & 0xc0) == 0x80) ptr--;
  return ptr;
}

function behindChar(ptr: usize): usize {
  const lead = load<u8>(ptr);
  if (lead < 0x80) return ptr + 1;
  return ptr + (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);
}
