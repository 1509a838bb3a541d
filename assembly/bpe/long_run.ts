import { mergeWindowBytes } from "../bounds";
import { WindowTrait } from "./ascii_window";
import { charAt, CharClass } from "./char_class";
import { Encoding } from "./encoding";
import { mergeSpan, seamHolds, tokenEnd } from "./span_merge";
import { windowTraits } from "./split";
import { contractionEnd, undecided } from "./split_parts";
import { Vocabulary } from "./vocabulary";

/** What a piece consists of whose end is not in sight. */
export const enum RunKind {
  None,
  /** Capitals of a word with cases. */
  Upper,
  /** Such capitals behind a caseless letter or a mark, where the piece may end. */
  UpperCaseless,
  /** The lower case of such a word. */
  Lower,
  /** Letters of a word where cases do not count. */
  Letters,
  /** Punctuation; newlines behind it. */
  Marks,
  MarksTail,
  /** White space without a newline, and with one. */
  White,
  WhiteNewline,
}

const cased: u32 = CharClass.Upper | CharClass.Caseless | CharClass.Mark;
const lowerOrCaseless: u32 = CharClass.Lower | CharClass.Caseless | CharClass.Mark;

/**
 * A piece whose end is not in sight, such as a megabyte of one letter, counted without keeping it:
 * what surely belongs to it is merged in windows, and of the tokens that are certain only the last
 * is kept, which the next one has to be checked against. Offsets are from the first byte kept.
 * Plain memory, embedded in the counter of the text.
 */
@unmanaged
export class LongRun {
  kind: RunKind;
  private traits: u32;
  /** False once a check failed, or where a piece could not be decided in bounded memory. */
  exact: bool;
  /** Tokens that the last call counted. */
  counted: u32;
  /** Bytes of the last token counted, which the kept bytes begin with; 0 where none is. */
  private seamBytes: u32;
  /** Up to here the characters were looked at. */
  private scanned: u32;
  /** Up to here they surely belong to the piece. */
  private sure: u32;

  /**
   * Begins with the piece at `ptr`, of which no end was found before `end`. False where its pattern
   * is not one that runs are known of.
   */
  begin(encoding: Encoding, ptr: usize, end: usize): bool {
    const traits = windowTraits(encoding);
    this.kind = RunKind.None;
    if (traits == WindowTrait.None) return false;
    this.traits = traits;
    this.kind = kindAt(ptr, end, traits);
    this.exact = true;
    this.seamBytes = 0;
    this.scanned = this.kind >= RunKind.White ? 0 : bodyAt(ptr, end, traits);
    this.sure = this.scanned;
    return this.kind != RunKind.None;
  }

  /**
   * Goes on with the bytes kept, now [ptr, end). Answers where those to be kept further begin; once
   * the piece has ended, `kind` is None and that is where the next one begins.
   */
  advance(v: Vocabulary, ptr: usize, end: usize, final: bool): usize {
    this.counted = 0;
    let pieceEnd = this.scan(ptr, end, final);
    if (pieceEnd != undecided && this.kind <= RunKind.Lower) {
      if (this.traits & WindowTrait.SuffixContraction) {
        pieceEnd = contractionEnd(pieceEnd, end, final);
      }
    }
    if (pieceEnd == undecided) return ptr + this.countSure(v, ptr, this.sure, false);
    this.countSure(v, ptr, <u32>(pieceEnd - ptr), true);
    this.kind = RunKind.None;
    return pieceEnd;
  }

  /** Looks at the characters that are new; answers where the piece ends, `undecided` if unseen. */
  private scan(ptr: usize, end: usize, final: bool): usize {
    let at = ptr + this.scanned;
    while (at < end) {
      const char = charAt(at, end);
      if (!this.take(char, <u32>(at - ptr), load<u8>(at) == 0x2f)) break;
      at += char >> 8;
    }
    this.scanned = <u32>(at - ptr);
    if (at == end && !final) return undecided;
    // White space to the very end of the text is one piece.
    return at == end && this.kind == RunKind.White ? at : ptr + this.sure;
  }

  /** Whether the piece may go on with this character, which lies at the offset `at`. */
  private take(char: u32, at: u32, slash: bool): bool {
    const behind = at + (char >> 8);
    if (this.kind <= RunKind.Lower) return this.takeCased(char, behind);
    if (this.kind >= RunKind.White) return this.takeWhite(char, at, behind);
    let wanted: u32 = CharClass.Letter;
    if (this.kind != RunKind.Letters) {
      if ((char & CharClass.Newline) != 0) this.kind = RunKind.MarksTail;
      wanted = CharClass.Mark | CharClass.Other | CharClass.Newline;
      if (this.kind == RunKind.MarksTail) {
        wanted = CharClass.Newline;
        if (slash && (this.traits & WindowTrait.SlashTail) != 0) wanted |= CharClass.Other;
      }
    }
    if ((char & wanted) == 0) return false;
    this.sure = behind;
    return true;
  }

  private takeCased(char: u32, behind: u32): bool {
    if (this.kind == RunKind.Lower) {
      if ((char & lowerOrCaseless) == 0) return false;
    } else if ((char & CharClass.Lower) != 0) {
      this.kind = RunKind.Lower;
    } else if ((char & cased) == 0) {
      return false;
    } else if ((char & CharClass.Upper) == 0) {
      this.kind = RunKind.UpperCaseless;
    } else if (this.kind == RunKind.UpperCaseless) {
      // Without a lower-case letter to come, the piece ended before these capitals.
      return true;
    }
    this.sure = behind;
    return true;
  }

  private takeWhite(char: u32, at: u32, behind: u32): bool {
    if ((char & CharClass.Newline) != 0) {
      this.kind = RunKind.WhiteNewline;
      this.sure = behind;
      return true;
    }
    if ((char & CharClass.Space) == 0) return false;
    // The last blank goes with what follows; behind a newline, all blanks may.
    if (this.kind == RunKind.White && at > 0) this.sure = at;
    return true;
  }

  /**
   * Counts tokens of the first `bytes` kept bytes: all of them if the piece ends there, else those
   * that what follows cannot change. Answers how many bytes need not be kept any more.
   */
  private countSure(v: Vocabulary, ptr: usize, bytes: u32, ends: bool): u32 {
    let at = this.seamBytes;
    let lastStart: u32 = 0;
    while (at < bytes && (ends || bytes - at >= mergeWindowBytes)) {
      const span = min(mergeWindowBytes, bytes - at);
      const isLast = ends && at + span == bytes;
      const spanTokens = mergeSpan(v, ptr + at, span);
      const firstEnd = at + tokenEnd(0);
      let keptStart: u32 = 0;
      let keptEnd = tokenEnd(0);
      let kept: u32 = 1;
      while (keptEnd < span && tokenEnd(keptEnd) <= span - (mergeWindowBytes >> 2)) {
        keptStart = keptEnd;
        keptEnd = tokenEnd(keptEnd);
        kept++;
      }
      if (at > 0 && !seamHolds(v, ptr, lastStart, at, firstEnd)) this.exact = false;
      this.counted += isLast ? spanTokens : kept;
      lastStart = at + keptStart;
      at = isLast ? bytes : at + keptEnd;
    }
    if (at == this.seamBytes) return 0;
    this.seamBytes = at - lastStart;
    this.scanned -= lastStart;
    this.sure -= lastStart;
    return lastStart;
  }
}

/** Bytes of the one character that a word, or the punctuation, at `ptr` takes along. */
function bodyAt(ptr: usize, end: usize, traits: u32): u32 {
  const first = charAt(ptr, end);
  let inside: u32 = CharClass.Letter | CharClass.Newline;
  if (traits & WindowTrait.CaseSplit) inside |= CharClass.Mark;
  if ((first & inside) != 0) return 0;
  const behind = charAt(ptr + (first >> 8), end);
  if ((behind & inside & ~CharClass.Newline) != 0) return first >> 8;
  return load<u8>(ptr) == 0x20 ? 1 : 0;
}

function kindAt(ptr: usize, end: usize, traits: u32): RunKind {
  const char = charAt(ptr + bodyAt(ptr, end, traits), end);
  if ((char & (CharClass.Newline | CharClass.Space)) != 0) return RunKind.White;
  if ((traits & WindowTrait.CaseSplit) != 0) {
    if ((char & (CharClass.Letter | CharClass.Mark)) != 0) return RunKind.Upper;
  } else if ((char & CharClass.Letter) != 0) return RunKind.Letters;
  if ((char & (CharClass.Mark | CharClass.Other)) != 0) return RunKind.Marks;
  return RunKind.None;
}
