import { toLowerAscii } from "../bytes/ascii";
import { Name } from "./name";

/** Longer names are no slip of the keyboard, and comparing takes time by the square. */
const comparedMax: i32 = 32;

/** The candidate (ASCII) that `name` is most likely a misspelling of, or "" when none is near. */
export function nearest(name: Name, candidates: Array<string>): string {
  const typed = folded(name);
  let best = "";
  let bestSlips = <i32>name.length < 5 ? 2 : 3;
  if (typed.length == 0 || <i32>name.length > comparedMax) return best;
  for (let i = 0; i < candidates.length; i++) {
    const slips = slipsBetween(typed, candidates[i].toLowerCase());
    if (slips >= bestSlips) continue;
    best = candidates[i];
    bestSlips = slips;
  }
  return best;
}

/** Lower case, without `_` and `-`: `context_window` is meant to be `contextWindow`. */
function folded(name: Name): string {
  let text = "";
  const length = min(<i32>name.length, comparedMax);
  for (let i = 0; i < length; i++) {
    const byte = toLowerAscii(load<u8>(name.ptr + i));
    if (byte != 0x5f && byte != 0x2d) text += String.fromCharCode(byte);
  }
  return text;
}

/** Letters missing, too many, wrong, or swapped with their neighbour (optimal string alignment). */
function slipsBetween(a: string, b: string): i32 {
  let beforeLast = row(b.length);
  let last = row(b.length);
  let current = row(b.length);
  for (let i = 1; i <= a.length; i++) {
    current[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const wrong = i32(a.charCodeAt(i - 1) != b.charCodeAt(j - 1));
      let slips = min(min(last[j] + 1, current[j - 1] + 1), last[j - 1] + wrong);
      if (swapped(a, i, b, j)) slips = min(slips, beforeLast[j - 2] + 1);
      current[j] = slips;
    }
    const spare = beforeLast;
    beforeLast = last;
    last = current;
    current = spare;
  }
  return last[b.length];
}

function swapped(a: string, i: i32, b: string, j: i32): bool {
  if (i < 2 || j < 2) return false;
  return a.charCodeAt(i - 1) == b.charCodeAt(j - 2) && a.charCodeAt(i - 2) == b.charCodeAt(j - 1);
}

function row(length: i32): StaticArray<i32> {
  const slips = new StaticArray<i32>(length + 1);
  for (let i = 0; i <= length; i++) slips[i] = i;
  return slips;
}
