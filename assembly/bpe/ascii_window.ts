/**
 * Finds where pieces begin in 64 bytes of ASCII at once: each class of characters becomes a word
 * with a bit a byte, and what the split patterns say becomes shifts and sums of these words.
 */

/** Bytes looked at; all of them must be readable. */
export const windowBytes: u32 = 64;

/** Where the patterns differ in what they make of ASCII. */
export const enum WindowTrait {
  None = 0,
  /** The pattern suits the window; without this one nothing is found. */
  Ascii = 0x01,
  /** A capital behind a lower-case letter begins a piece. */
  CaseSplit = 0x02,
  /** `'s`, `'re` and their like belong to the word before them. */
  SuffixContraction = 0x04,
  /** They are pieces of their own, where a piece may begin. */
  OwnContraction = 0x08,
  /** Digits stand alone, not in threes. */
  SingleDigit = 0x10,
  /** Slashes behind the newlines that follow punctuation belong to it too. */
  SlashTail = 0x20,
}

const one: u64 = 1;
const all: u64 = ~(<u64>0);

/**
 * The pieces that surely begin in the window at `ptr`, bit i for the byte i behind it. A piece must
 * begin at `ptr`; bit 0 is never set, and 0 means that the first piece needs another way to be
 * found. Of the window the first `bytes` (1 to 64) belong to the text. A bit is left out where what
 * follows them, or a character that is not ASCII, could still change it, so the last piece that is
 * known to begin need not be known to end.
 */
export function pieceStarts(ptr: usize, bytes: u32, traits: u32): u64 {
  const a = v128.load(ptr);
  const b = v128.load(ptr, 16);
  const c = v128.load(ptr, 32);
  const d = v128.load(ptr, 48);
  const high = wide(a, b, c, d);
  const known = belowLowest(high) & (all >> (windowBytes - bytes));
  const letters = wide(letter(a), letter(b), letter(c), letter(d));
  const digits = wide(digit(a), digit(b), digit(c), digit(d));
  const spaces = wide(is(a, 0x20), is(b, 0x20), is(c, 0x20), is(d, 0x20));
  const newlines = wide(newline(a), newline(b), newline(c), newline(d));
  const white = spaces | wide(control(a), control(b), control(c), control(d));
  const marks = ~(letters | digits | white);

  // Newlines behind punctuation belong to it: the sum carries a bit through each such run.
  const taken = newlines & ~(newlines + ((marks << 1) & newlines));
  // A space goes along with the punctuation behind it.
  const markStarts = marks & ~((marks | spaces) << 1);
  let starts = markStarts | whiteStarts(white, newlines, taken);
  // A word takes one blank, or one lone punctuation mark, along.
  const blanks = white & ~newlines;
  starts |= letters & ~((letters | blanks | markStarts) << 1);
  starts |= traits & WindowTrait.SingleDigit ? digits : digitStarts(digits);
  if (traits & WindowTrait.CaseSplit) {
    const lower = wide(lowerCase(a), lowerCase(b), lowerCase(c), lowerCase(d));
    starts |= letters & ~lower & (lower << 1);
  }
  const apostrophes = wide(is(a, 0x27), is(b, 0x27), is(c, 0x27), is(d, 0x27));
  if (traits & WindowTrait.SuffixContraction) {
    const found = apostrophes & (letters << 1);
    if (found != 0) starts = contracted(ptr, starts, found, false);
  } else if (traits & WindowTrait.OwnContraction) {
    const found = apostrophes & markStarts & (letters >> 1);
    if (found != 0) starts = contracted(ptr, starts, found, true);
  }
  let sure = sureBits(known, white & ~taken);
  if (traits & WindowTrait.SlashTail && ((taken << 1) & marks) != 0) {
    const slashes = wide(is(a, 0x2f), is(b, 0x2f), is(c, 0x2f), is(d, 0x2f));
    sure &= belowLowest((taken << 1) & slashes);
  }
  return starts & sure & ~one;
}

/**
 * `\s*[\r\n]+|\s+(?!\S)|\s+`, less the newlines that punctuation has taken: a run of white space
 * begins a piece, so does what follows its last newline, and so does its last character unless that
 * is a newline.
 */
function whiteStarts(white: u64, newlines: u64, taken: u64): u64 {
  const run = white & ~taken;
  const blanks = white & ~newlines;
  let behindNewline = ((newlines & ~taken) << 1) & blanks;
  // The blanks between two newlines of a run are no piece: from each such newline, back to the
  // nearest place that was taken for one.
  let between = (blanks + behindNewline) & ~blanks & newlines;
  while (between != 0) {
    const at = between & (0 - between);
    behindNewline ^= one << (63 - clz(behindNewline & (at - 1)));
    between ^= at;
  }
  return (run & ~(run << 1)) | behindNewline | (blanks & ~(white >> 1));
}

/** `\p{N}{1,3}` */
function digitStarts(digits: u64): u64 {
  const thirds = digits & (digits << 1) & (digits << 2);
  let next = digits & ~(digits << 1);
  let starts: u64 = 0;
  while (next != 0) {
    starts |= next;
    next = (next << 3) & thirds;
  }
  return starts;
}

/**
 * Takes the contractions at these apostrophes into account: what follows one begins a piece, and
 * nothing inside begins one but, where they are pieces of their `own`, the apostrophe itself.
 */
function contracted(ptr: usize, starts: u64, apostrophes: u64, own: bool): u64 {
  let behind: u64 = 0;
  while (apostrophes != 0) {
    const at = apostrophes & (0 - apostrophes);
    apostrophes ^= at;
    // The `'s` of `don't's` does not belong to a word: there a piece begins already.
    if (at == behind && !own) continue;
    const bytes = contractionBytes(load<u32>(ptr + <usize>ctz(at)));
    if (bytes == 0) continue;
    behind = at << bytes;
    starts = (starts & ~((behind - at) & (own ? ~at : all))) | behind;
  }
  return starts;
}

/** The length of the contraction that an apostrophe and the three bytes behind it begin with. */
function contractionBytes(word: u32): u32 {
  const first = ((word >> 8) & 0xff) | 0x20;
  if (first == 0x73 || first == 0x74 || first == 0x6d || first == 0x64) return 2;
  const second = ((word >> 16) & 0xff) | 0x20;
  if (first == 0x6c) return second == 0x6c ? 3 : 0;
  return (first == 0x72 || first == 0x76) && second == 0x65 ? 3 : 0;
}

/**
 * Which bits no byte behind the known ones can change. A contraction looks two bytes ahead; of a
 * run of white space that reaches the end only the beginning is certain.
 */
function sureBits(known: u64, white: u64): u64 {
  const behindRun = known & ~white;
  const runStart: u64 = 64 - clz(behindRun);
  const reachesEnd = (white & known & ~(known >> 1)) != 0;
  return (known >> 2) & (reachesEnd ? ((<u64>2) << runStart) - 1 : all);
}

// @inline: the bits below the lowest one, all where there is none; two operations.
@inline
function belowLowest(bits: u64): u64 {
  return (bits & (0 - bits)) - 1;
}

// @inline: the top bits of 64 bytes; these few operations are the whole speed of the window.
@inline
function wide(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = (<u32>i8x16.bitmask(a)) | ((<u32>i8x16.bitmask(b)) << 16);
  const high = (<u32>i8x16.bitmask(c)) | ((<u32>i8x16.bitmask(d)) << 16);
  return (<u64>low) | ((<u64>high) << 32);
}

// @inline: as above.
@inline
function is(bytes: v128, byte: i8): v128 {
  return i8x16.eq(bytes, i8x16.splat(byte));
}

// @inline: as above.
@inline
function within(bytes: v128, from: i8, count: i8): v128 {
  return i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(from)), i8x16.splat(count));
}

// @inline: as above.
@inline
function letter(bytes: v128): v128 {
  return within(v128.or(bytes, i8x16.splat(0x20)), 0x61, 26);
}

// @inline: as above.
@inline
function lowerCase(bytes: v128): v128 {
  return within(bytes, 0x61, 26);
}

// @inline: as above.
@inline
function digit(bytes: v128): v128 {
  return within(bytes, 0x30, 10);
}

// @inline: tab to carriage return; as above.
@inline
function control(bytes: v128): v128 {
  return within(bytes, 0x09, 5);
}

// @inline: as above.
@inline
function newline(bytes: v128): v128 {
  return v128.or(is(bytes, 0x0a), is(bytes, 0x0d));
}
