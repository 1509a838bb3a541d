/**
 * Unicode's Normalization Form C of a few characters: each is decomposed, marks are put into the
 * order of their combining classes, and what composes is composed again (Unicode Standard Annex 15;
 * section 3.12 of the Standard for Hangul). The tables are laid out in tools/bake_normal_form.ts.
 */
import { normalCharsMax } from "../bounds";

/** No character decomposes into more. */
const partsMax: u32 = 4;
const headBytes: usize = 16;

const syllables: u32 = 0xac00;
const leading: u32 = 0x1100;
const vowel: u32 = 0x1161;
/** One before the first that there is: a syllable without a trailing consonant has number 0. */
const trailing: u32 = 0x11a7;
const leadingCount: u32 = 19;
const vowelCount: u32 = 21;
const trailingCount: u32 = 28;
const syllableCount: u32 = leadingCount * vowelCount * trailingCount;

/** The characters, as class << 24 | code point. */
const work: usize = memory.data(<i32>(4 * partsMax * normalCharsMax), 4);

/** Brings `count` code points at `ptr` (at most `normalCharsMax`) into the form; see `normalAt`. */
export function normalise(tables: usize, ptr: usize, count: u32): u32 {
  let length: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    length = decompose(tables, load<u32>(ptr + ((<usize>i) << 2)), length);
  }
  return compose(tables, length);
}

/** A code point of the last result. */
export function normalAt(index: u32): u32 {
  return workAt(index) & 0xffffff;
}

/** Appends what a character is made of; answers the new length. */
function decompose(tables: usize, char: u32, length: u32): u32 {
  const syllable = char - syllables;
  if (syllable < syllableCount) {
    const part = syllable % trailingCount;
    const pair = syllable / trailingCount;
    length = insert(tables, leading + pair / vowelCount, length);
    length = insert(tables, vowel + (pair % vowelCount), length);
    return part == 0 ? length : insert(tables, trailing + part, length);
  }
  // The first part may fall apart again; the second parts follow in reverse order.
  let seconds: u64 = 0;
  let found = entryAt(decompositions(tables), decompositionCount(tables), char);
  while (found != 0) {
    const second = found & 0x1fffff;
    if (second != 0) seconds = (seconds << 21) | second;
    char = (<u32>(found >> 21)) & 0x1fffff;
    found = entryAt(decompositions(tables), decompositionCount(tables), char);
  }
  length = insert(tables, char, length);
  while (seconds != 0) {
    length = insert(tables, (<u32>seconds) & 0x1fffff, length);
    seconds >>= 21;
  }
  return length;
}

/** Appends a character before which all marks of higher classes are moved. */
function insert(tables: usize, char: u32, length: u32): u32 {
  const combining = classOf(tables, char);
  const item = (combining << 24) | char;
  let at = length;
  while (at > 0 && combining > 0 && workAt(at - 1) >> 24 > combining) {
    storeWork(at, workAt(at - 1));
    at--;
  }
  storeWork(at, item);
  return length + 1;
}

/** Composes what can be; answers how many characters are left. */
function compose(tables: usize, length: u32): u32 {
  let left: u32 = 0;
  let starter: u32 = 0;
  let open = false;
  let lastClass: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const item = workAt(i);
    const combining = item >> 24;
    if (open && (left == starter + 1 || lastClass < combining)) {
      const composed = composition(tables, normalAt(starter), item & 0xffffff);
      if (composed != 0) {
        storeWork(starter, composed);
        continue;
      }
    }
    if (combining == 0) {
      starter = left;
      open = true;
    }
    lastClass = combining;
    storeWork(left++, item);
  }
  return left;
}

/** The character that two make; 0 where they make none. */
function composition(tables: usize, first: u32, second: u32): u32 {
  if (first - leading < leadingCount && second - vowel < vowelCount) {
    return syllables + ((first - leading) * vowelCount + (second - vowel)) * trailingCount;
  }
  const syllable = first - syllables;
  if (syllable < syllableCount && syllable % trailingCount == 0) {
    const part = second - trailing;
    if (part > 0 && part < trailingCount) return first + part;
  }
  const key = ((<u64>first) << 21) | second;
  const found = floorEntry(compositions(tables), compositionCount(tables), (key << 21) | 0x1fffff);
  return found >> 21 == key ? (<u32>found) & 0x1fffff : 0;
}

function classOf(tables: usize, char: u32): u32 {
  const wanted = ((<u64>char) << 32) | 0xffffffff;
  const found = floorEntry(classes(tables), classCount(tables), wanted);
  return found != 0 && char <= (<u32>found) >> 8 ? (<u32>found) & 0xff : 0;
}

/** The entry of a character in a list that is sorted by it; 0 for none. */
function entryAt(list: usize, count: u32, char: u32): u64 {
  const found = floorEntry(list, count, ((<u64>char) << 42) | 0x3ffffffffff);
  return found >> 42 == char ? found : 0;
}

/** The last entry of an ascending list that is not above `wanted`; 0 for none. */
function floorEntry(list: usize, count: u32, wanted: u64): u64 {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u64>(list + ((<usize>middle) << 3)) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low == 0 ? 0 : load<u64>(list + ((<usize>(low - 1)) << 3));
}

function decompositionCount(tables: usize): u32 {
  return load<u32>(tables);
}

function compositionCount(tables: usize): u32 {
  return load<u32>(tables + 4);
}

function classCount(tables: usize): u32 {
  return load<u32>(tables + 8);
}

function decompositions(tables: usize): usize {
  return tables + headBytes;
}

function compositions(tables: usize): usize {
  return decompositions(tables) + ((<usize>decompositionCount(tables)) << 3);
}

function classes(tables: usize): usize {
  return compositions(tables) + ((<usize>compositionCount(tables)) << 3);
}

// @inline: one load.
@inline
function workAt(index: u32): u32 {
  return load<u32>(work + ((<usize>index) << 2));
}

// @inline: one store.
@inline
function storeWork(index: u32, item: u32): void {
  store<u32>(work + ((<usize>index) << 2), item);
}
