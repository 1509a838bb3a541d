/** What the counts of an encoding are compared on. */
import { Random } from "../../bench/haystack/random.ts";
import { sourceOf } from "../../tools/vocabularies/all.ts";
import type { EncodingName } from "../../tools/vocabularies/source.ts";
import { codePointsOf } from "../../tools/vocabularies/unicode.ts";
import { alphabet } from "../property/bpe_alphabet.ts";
import { drawText } from "../property/bpe_texts.ts";

const sweepChars = 64;
/** A few code points that Unicode has not assigned stand for all of them. */
const unassignedEvery = 997;

/** Every two characters of every kind beside each other, alone and inside of a word. */
export function* pairs(): Generator<string> {
  const chars = [
    ...Object.values(alphabet).flat(),
    "フ",
    "゛",
    "・",
    "\u3097",
    "〇",
    "龥",
    "龦",
    "가",
  ];
  for (const first of chars) {
    for (const second of chars) {
      yield first + second;
      yield `a${first}${second}${first}b ${second}${second}${first}`;
    }
  }
}

/** Every code point of the pinned version of Unicode, between neighbours of each kind. */
export async function* sweep(): AsyncGenerator<string> {
  const unassigned = new Set(await codePointsOf("Unassigned"));
  let text = "";
  let alone = "";
  let chars = 0;
  for (let codePoint = 0; codePoint < 0x110000; codePoint++) {
    const known = !unassigned.has(codePoint) && !isUniform(codePoint);
    if (isSurrogate(codePoint) || (!known && codePoint % unassignedEvery !== 0)) continue;
    const char = String.fromCodePoint(codePoint);
    text += `${char}a${char} ${char}1${char}${char}日${char}!${char}B `;
    alone += char;
    if (++chars % sweepChars !== 0) continue;
    yield* [text, alone];
    text = "";
    alone = "";
  }
  yield* [text, alone];
}

function isSurrogate(codePoint: number): boolean {
  return codePoint >= 0xd800 && codePoint <= 0xdfff;
}

/** Inside of large blocks whose characters are all alike. */
function isUniform(codePoint: number): boolean {
  if (codePoint >= 0xe100 && codePoint < 0xf800) return true;
  return codePoint >= 0xf0100;
}

/** Texts drawn from a seed; many with special tokens, or what looks like some, of the encoding. */
export function* drawn(name: EncodingName, seed: number, count: number): Generator<Uint8Array> {
  for (let index = 0; index < count; index++) {
    const { bytes } = drawText(seed, index);
    const random = new Random(seed * 31 + index);
    yield random.below(2) === 0 ? bytes : Buffer.concat(interspersed(name, bytes, random));
  }
}

function interspersed(name: EncodingName, bytes: Uint8Array, random: Random): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let left = 1 + random.below(4); left > 0; left--) {
    const cut = at + random.below(bytes.length - at + 1);
    parts.push(bytes.subarray(at, cut), Buffer.from(insert(name, random)));
    at = cut;
  }
  return [...parts, bytes.subarray(at)];
}

/** A special token, a broken one, or characters that act on each other in normalisation. */
function insert(name: EncodingName, random: Random): string {
  const specials = sourceOf[name].specials ?? controlTexts;
  const special = random.pick(specials);
  switch (random.below(6)) {
    case 0:
      return special.slice(0, random.below(special.length));
    case 1:
      return special.slice(random.below(special.length));
    case 2:
      return special + random.pick(specials);
    case 3:
      return random.pick(controlTexts);
    case 4:
      return random.pick(combining) + random.pick(combining);
    default:
      return special;
  }
}

const controlTexts = ["<|im_end|>", "<s>", "</s>", "[INST]", "<b>", "<<h1>", "▁", "▁▁", " ▁▁▁ "];
controlTexts.push(
  "> </",
  "</p> </div>",
  ">  </",
  "[multimodal]",
  "<b[multimodal]",
  "<unused99>",
  "<unused9999>",
  "▁".repeat(40),
);

const combining = ["e\u0301", "A\u030a", "\u212b", "\u1100\u1161\u11a8", "\uac00\u11a8", "각"];
combining.push("\u0958", "\u0915\u093c", "\u0344", "\u0340", "\u1e9b\u0323", "q\u0307\u0323");
combining.push("\ufb2c", "\u{1d160}", "\u09c7\u09be", "\u0bc6\u0bbe", "か\u3099", "\uf900");
combining.push("\u0300\u0301", "\u0345\u0334", "ö\u0323", "\u{11938}", "\u{10d24}\u0334", "\u3099");
