import { codePointsOf } from "../../build/vocab/carried";
import { codePointAt, hasCodePoint } from "./code_points";
import { Encoding } from "./encoding";
import { undecided } from "./split_parts";

/** The longest run of one kind of white space that is one token. */
const runMax: usize = 31;

/**
 * Where the first piece of the text [start, end) ends for Gemma 3, which has no pattern: it merges
 * whole texts. These are the places that no merge crosses, so nothing changes when they are cut:
 *
 *   - around line feeds, tabs, and runs of spaces: of each, 31 are a token, then as many again;
 *     what is left of one is a token too. One space alone goes along with the word behind it.
 *   - before a space, because no token has one behind another character, but for `> </`.
 *   - around each byte of a character that the vocabulary does not have: it is a token.
 *
 * `undecided` where text behind `end` could change the answer; never when the text is `final`. The
 * text must not be empty.
 */
export function gemmaPieceEnd(start: usize, end: usize, final: bool): usize {
  const first = load<u8>(start);
  if (first == 0x0a || first == 0x09) return sameEnd(start, end, first, final);
  if (first == 0x20) {
    const run = sameEnd(start, end, first, final);
    if (run != start + 1 || run == end) return run;
    const next = load<u8>(run);
    if (next == 0x0a || next == 0x09 || !isKnown(run)) return run;
    return wordEnd(run, end, final);
  }
  return isKnown(start) ? wordEnd(start, end, final) : start + 1;
}

/** A run of one byte. */
function sameEnd(start: usize, end: usize, byte: u8, final: bool): usize {
  const most = min(end, start + runMax);
  let ptr = start;
  while (ptr < most && load<u8>(ptr) == byte) ptr++;
  return ptr == end && ptr < start + runMax && !final ? undecided : ptr;
}

function wordEnd(start: usize, end: usize, final: bool): usize {
  let ptr = start;
  while (ptr < end) {
    const byte = load<u8>(ptr);
    if (byte == 0x20) {
      if (load<u8>(ptr - 1) != 0x3e) return ptr;
      if (ptr + 3 > end && !final) return undecided;
      if (ptr + 3 > end || load<u8>(ptr + 1) != 0x3c || load<u8>(ptr + 2) != 0x2f) return ptr;
      ptr++;
    } else if (byte == 0x0a || byte == 0x09) {
      return ptr;
    } else if (byte < 0x80) {
      ptr++;
    } else {
      if (!isKnown(ptr)) return ptr;
      ptr += byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    }
  }
  return final ? ptr : undecided;
}

/**
 * Whether a character is in the vocabulary. A byte of ASCII is one token either way; one inside of
 * a character is where the splitter goes on behind the first byte of an unknown one.
 */
function isKnown(ptr: usize): bool {
  const byte = load<u8>(ptr);
  if (byte < 0x80) return true;
  if (byte < 0xc0) return false;
  return hasCodePoint(codePointsOf(Encoding.Gemma3), codePointAt(ptr));
}
