import { carriesWholePieces, wholePiecesOf } from "../../build/vocab/carried";
import { scanPadBytes } from "../bounds";
import { pieceStarts, WindowTrait, windowBytes } from "./ascii_window";
import { isInSet } from "./byte_set";
import { longTokens } from "./cross_cut";
import { Encoding } from "./encoding";
import {
  byteRunBytesMax,
  byteRunTokens,
  cachedTokens,
  cacheOf,
  middlePieceBytesMax,
  middleTokens,
  shortPieceBytesMax,
} from "./piece_cache";
import { pieceEnd, windowTraits } from "./split";
import { undecided } from "./split_parts";
import { Vocabulary, vocabularyOf } from "./vocabulary";

/** Tokens of the pieces that the last call counted. */
export let countedTokens: u64 = 0;

/**
 * Counts the pieces of the well-formed UTF-8 text [ptr, end) whose ends no further text can change,
 * all of them when the text is `final`. Answers where the first piece not counted begins.
 */
export function countPieces(encoding: Encoding, ptr: usize, end: usize, final: bool): usize {
  countedTokens = 0;
  const v = vocabularyOf(encoding);
  if (v === null) return end;
  const cache = cacheOf(v);
  const traits = windowTraits(encoding);
  const whole = carriesWholePieces ? wholePiecesOf(encoding) : 0;
  let tokens: u64 = 0;
  while (ptr < end) {
    let starts = startsAt(ptr, end, traits);
    if (starts == 0) {
      const next = pieceEnd(encoding, ptr, end, final);
      if (next == undecided) break;
      const bytes = <u32>(next - ptr);
      if (carriesWholePieces && whole != 0 && isInSet(whole, ptr, bytes)) tokens++;
      else if (bytes <= shortPieceBytesMax) tokens += cachedTokens(cache, v, ptr, bytes);
      else tokens += longerTokens(v, ptr, bytes);
      ptr = next;
      continue;
    }
    const window = ptr;
    do {
      const next = window + <usize>ctz(starts);
      const bytes = <u32>(next - ptr);
      if (carriesWholePieces && whole != 0 && isInSet(whole, ptr, bytes)) tokens++;
      else if (bytes <= shortPieceBytesMax) tokens += cachedTokens(cache, v, ptr, bytes);
      else tokens += longerTokens(v, ptr, bytes);
      ptr = next;
      starts &= starts - 1;
    } while (starts != 0);
  }
  countedTokens = tokens;
  return ptr;
}

/** Shorter ends are left to the plain splitter, which has to decide the last piece anyway. */
const tailBytesMin: usize = 12;
const tail: usize = memory.data(<i32>windowBytes + 4, 16);

/** A window costs more than a piece or two, so it is opened only where ASCII begins. */
function startsAt(ptr: usize, end: usize, traits: u32): u64 {
  if (traits == WindowTrait.None || (load<u16>(ptr) & 0x8080) != 0) return 0;
  const left = end - ptr;
  if (left >= windowBytes) return pieceStarts(ptr, windowBytes, traits);
  if (left < tailBytesMin) return 0;
  // Behind the text only so many bytes are readable.
  if (left >= windowBytes - scanPadBytes) return pieceStarts(ptr, <u32>left, traits);
  v128.store(tail, v128.load(ptr));
  v128.store(tail, v128.load(ptr, 16), 16);
  return pieceStarts(tail, <u32>left, traits);
}

/** Words of scripts that have no cases are seldom seen again at this length: they are cut. */
function longerTokens(v: Vocabulary, ptr: usize, bytes: u32): u32 {
  if (bytes > byteRunBytesMax || (load<u16>(ptr) & 0x8080) != 0) return longTokens(v, ptr, bytes);
  if (isByteRun(ptr, bytes)) return byteRunTokens(v, ptr, bytes);
  return bytes <= middlePieceBytesMax ? middleTokens(v, ptr, bytes) : longTokens(v, ptr, bytes);
}

/** Whether all bytes are the same; there are 16 or more. */
function isByteRun(ptr: usize, bytes: u32): bool {
  const first = i8x16.splat(load<u8>(ptr));
  const last = ptr + bytes - 16;
  for (let at = ptr; at < last; at += 16) {
    if (!i8x16.all_true(i8x16.eq(v128.load(at), first))) return false;
  }
  return i8x16.all_true(i8x16.eq(v128.load(last), first));
}
