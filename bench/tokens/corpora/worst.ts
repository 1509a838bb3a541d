/**
 * Texts on which tokenizers become slow: what somebody would send who wants to stop a worker. Most
 * are one piece to the split patterns, or have no piece twice, so that no cache helps.
 */
import { Random } from "../../haystack/random.ts";

export interface WorstFamily {
  name: string;
  /** Bytes of the family; another `variant` is another text, where there is anything to choose. */
  make(bytes: number, variant: number): Buffer;
}

const letters = [..."abcdefghijklmnopqrstuvwxyz"];
const capitals = letters.map((letter) => letter.toUpperCase());
const digits = [..."0123456789"];
const base64 = [...capitals, ...letters, ...digits, "+", "/"];
const spaces = [" ", " ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000"];
const emoji = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👨🏽‍💻", "🇯🇵", "👍🏿", "🧑🏻‍🚀", "❤️‍🔥"];

const firstHan = 0x4e00;
const hanCount = 20_000;
const firstHangul = 0xac00;
const hangulCount = 11_172;
const lastCodePoint = 0x10ffff;
const surrogates = { first: 0xd800, last: 0xdfff };

export const worstFamilies: WorstFamily[] = [
  { name: "one letter", make: (bytes) => Buffer.alloc(bytes, "a") },
  { name: "spaces", make: (bytes) => Buffer.alloc(bytes, " ") },
  { name: "underscores", make: (bytes) => Buffer.alloc(bytes, "_") },
  { name: "newlines", make: (bytes) => Buffer.alloc(bytes, "\n") },
  drawn("mixed whitespace", (random) => random.pick(spaces)),
  drawn("random letters", (random) => random.pick(letters)),
  drawn("letters and digits", (random) =>
    random.below(2) ? random.pick(digits) : "a".repeat(1 + random.below(8)),
  ),
  drawn("base64", (random) => random.pick(base64)),
  drawn("camel case", camelWord),
  drawn("random Han", (random) => String.fromCodePoint(firstHan + random.below(hanCount))),
  drawn("random Hangul", (random) => String.fromCodePoint(firstHangul + random.below(hangulCount))),
  drawn("emoji joins", (random) => random.pick(emoji)),
  { name: "capitals after a Lo letter", make: runOfCapitals },
  drawn("any code point", anyCodePoint),
  { name: "random bytes", make: randomBytes },
];

/** A family whose texts are strung together of parts. */
function drawn(name: string, part: (random: Random) => string): WorstFamily {
  const make = (bytes: number, variant: number): Buffer => {
    const random = new Random(variant);
    const text = Buffer.alloc(bytes, " ");
    let at = 0;
    while (true) {
      const next = Buffer.from(part(random));
      if (at + next.length > bytes) return text.subarray(0, at);
      next.copy(text, at);
      at += next.length;
    }
  };
  return { name, make };
}

function camelWord(random: Random): string {
  const length = 2 + random.below(8);
  const rest = Array.from({ length }, () => random.pick(letters));
  return random.pick(capitals) + rest.join("");
}

/** In o200k_base nothing before the end of such a run tells whether its first letter is apart. */
function runOfCapitals(bytes: number, variant: number): Buffer {
  const random = new Random(variant);
  const text = Buffer.alloc(bytes);
  for (let at = text.write("文"); at < bytes; at++) {
    text.write(random.pick(capitals), at);
  }
  return text;
}

function anyCodePoint(random: Random): string {
  const point = random.below(lastCodePoint + 1);
  const isSurrogate = point >= surrogates.first && point <= surrogates.last;
  return String.fromCodePoint(isSurrogate ? surrogates.first - 1 : point);
}

function randomBytes(bytes: number, variant: number): Buffer {
  const random = new Random(variant);
  const text = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at++) text[at] = random.below(256);
  return text;
}
