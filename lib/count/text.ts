import { types } from "node:util";

/** What can be counted: a string, or the bytes of a text in UTF-8. */
export type Text = string | Uint8Array;

/** Code units of a string, or bytes, that are handed to the module at once. */
export const sliceLength = 32_768;

/** Refuses what is no text; `what` says who asks. */
export function checkText(text: unknown, what: string): asserts text is Text {
  if (typeof text === "string" || types.isUint8Array(text)) return;
  throw new TypeError(`${what} takes a string or a Uint8Array, not ${kindOf(text)}.`);
}

/** A text in slices of up to `length`; a character of two code units is never cut. */
export function* slicesOf(text: Text, length = sliceLength): Generator<Text, void> {
  if (typeof text !== "string") {
    for (let at = 0; at < text.length; at += length) yield text.subarray(at, at + length);
    return;
  }
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = at + length;
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end--;
    yield text.slice(at, end);
  }
}

/** Whether a code unit begins a character of two. */
export function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return value === undefined ? "undefined" : `a ${typeof value}`;
  return `an object of ${value.constructor?.name ?? "no class"}`;
}
