/**
 * Where a text can be cut in two whose counts are sure to add up to its own, whatever stands before
 * and behind. Read in the raw content of a JSON string, escapes and all:
 *
 *   1. between an ASCII letter and a space that another ASCII letter follows. The first letter must
 *      be one that is read as itself, so no backslash stands in the six bytes up to it (the longest
 *      escape has six).
 *   2. between an escaped line feed and an ASCII letter, or the first byte of a character from
 *      U+4000 to U+9FFF (mostly ideographs). The backslash of `\n` must not be escaped itself.
 *
 * Both sides are whole: no escape, no UTF-8 character, no surrogate pair crosses such a place.
 *
 * Why the counts add up. A splitting pattern is matched from left to right, and none of ours looks
 * back, so all that is needed is that a piece ends here, and that the pieces before are the same
 * when the text ends here. Which alternatives could have a piece go over the place?
 *
 *   1. A piece with a letter in it is a word: `[^\r\n\p{L}\p{N}]?` and letters (and marks), or a
 *      contraction of `'` and letters, which may also stand behind a word (o200k_base). The space
 *      is neither; it could only be a word's first character, and the letter is there before. So
 *      the word ends here. Were the text over, the same letters would end it, for a word takes all
 *      that it can get; and a contraction ends at its last letter.
 *   2. A piece with a line feed in it is `\s*[\r\n]+`, or ends in `[\r\n]*` behind punctuation
 *      (`[\r\n/]*` in o200k_base). What follows is neither white space, nor CR, LF or `/`; no other
 *      alternative takes a line feed, and `\s+(?!\S)` and `\s+` are not reached where one is near.
 *      Were the text over, the same run would end it.
 *
 * The one look-ahead, `(?!\S)`, is at the character behind a run of white space; before a place of
 * the first kind stands a letter, and before one of the second a line feed, at which it is not
 * asked. DeepSeek's patterns run one after the other; to the later ones a number or an ideograph is
 * where the text ends, which changes nothing of this. Gemma splits nothing, but none of its tokens
 * has a space behind a letter, or a line feed beside another character. To NFC, which Qwen's texts
 * are brought to first, neither place is inside of what it composes.
 */

/** Bytes before a place that are looked at, and behind it. */
export const cutContextBytes: u32 = 8;

/**
 * The first certain cut in [from, end): the address of the second part's first byte; 0 if there is
 * none. `cutContextBytes` of the same text stand before `from`. Bytes from `end` on are not looked
 * at, though up to 16 of them are loaded.
 */
export function certainCut(from: usize, end: usize): usize {
  for (let at = from; at < end; at += 16) {
    const next = v128.load(at, 1);
    const isLetter = letters(next);
    const atSpace = v128.and(bytesAre(v128.load(at), 0x20), isLetter);
    const wordEnds = v128.and(atSpace, letters(v128.load(at - 1)));
    const behindFeed = v128.and(
      bytesAre(v128.load(at - 1), 0x6e),
      bytesAre(v128.load(at - 2), 0x5c),
    );
    const starts = v128.load(at);
    const lineStarts = v128.and(behindFeed, v128.or(letters(starts), ideographLeads(starts)));
    let found: u32 = i8x16.bitmask(v128.or(wordEnds, lineStarts));
    while (found != 0) {
      const place = at + ctz(found);
      if (place + 1 >= end) return 0;
      if (isCertain(place)) return place;
      found &= found - 1;
    }
  }
  return 0;
}

function isCertain(place: usize): bool {
  if (load<u8>(place) != 0x20) return load<u8>(place - 3) != 0x5c;
  const before = i8x16.bitmask(bytesAre(v128.load(place - 8), 0x5c));
  return (before & 0xfc) == 0;
}

// @inline: one compare, eight times in 16 bytes of text.
@inline
function bytesAre(bytes: v128, byte: i8): v128 {
  return i8x16.eq(bytes, i8x16.splat(byte));
}

// @inline: as above.
@inline
function letters(bytes: v128): v128 {
  const lower = v128.or(bytes, i8x16.splat(0x20));
  return i8x16.lt_u(i8x16.sub(lower, i8x16.splat(0x61)), i8x16.splat(26));
}

/** 0xe4 to 0xe9. */
// @ts-ignore: decorator
@inline
function ideographLeads(bytes: v128): v128 {
  return i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(<i8>0xe4)), i8x16.splat(6));
}
