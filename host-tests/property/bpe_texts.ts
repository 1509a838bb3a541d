/**
 * Texts to count, drawn from a seed: each is made from the seed and its own number alone, so that
 * any one of them can be drawn again.
 */
import { Random } from "../../bench/haystack/random.ts";
import { alphabet, contractions, controlTexts, illFormed, kinds } from "./bpe_alphabet.ts";
import { type Kind, scripts, words } from "./bpe_alphabet.ts";

export interface DrawnText {
  /** What kind of text it is. */
  shape: string;
  bytes: Uint8Array;
}

type Draw = (random: Random) => string | Uint8Array;

/** Lengths at which a block of 16 or 64 bytes, a cache's key or a merge window is just full. */
const edgeLengths = [
  ...[1, 2, 3, 4, 7, 8, 9, 12, 14, 15, 16, 17, 24, 31, 32, 33, 47, 48, 49, 62, 63, 64, 65, 66],
  ...[79, 80, 81, 95, 96, 97, 126, 127, 128, 129, 130, 191, 192, 193, 255, 256, 257, 300],
];
/** Longer ones are drawn seldom: they cost the reference the square of their length. */
const shortEdges = edgeLengths.filter((length) => length <= 130);

const shapes: Record<string, Draw> = {
  mix: (random) => several(random, 40, () => character(random)),
  fewKinds: drawFewKinds,
  runs: (random) => several(random, 5, () => run(random)),
  edges: drawEdges,
  whitespace: (random) => several(random, 8, () => blank(random) + word(random).slice(0, 3)),
  contracted: (random) => several(random, 12, () => contracted(random)),
  words: (random) => several(random, 20, () => random.pick(["", " ", " ", "\n"]) + word(random)),
  code: (random) => several(random, 10, () => code(random)),
  markup: (random) => several(random, 4, () => markup(random)),
  controls: (random) => several(random, 6, () => random.pick(controlTexts) + blankOrWord(random)),
  scripts: (random) => several(random, 6, () => scriptRun(random)),
  planes: (random) => several(random, 20, () => codePoint(random)),
  zeros: drawZeros,
  illFormed: drawIllFormed,
  joined: drawJoined,
};
const names = Object.keys(shapes);
/** All but those that are made from others. */
const singles = names.filter((name) => shapes[name] !== drawJoined);
/** One text of so many is long: it costs the reference the square of its length. */
const longOneIn = 80;

/** The text of that number. */
export function drawText(seed: number, index: number): DrawnText {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const isLong = random.below(longOneIn) === 0;
  const shape = isLong ? "long" : random.pick(names);
  const text = isLong ? drawLong(random) : shapes[shape]!(random);
  return { shape, bytes: typeof text === "string" ? Buffer.from(text) : text };
}

/** Up to 10 offsets in a text, in order: some close together, some anywhere. */
export function drawCuts(random: Random, bytes: number): number[] {
  const cuts: number[] = [];
  for (let left = random.below(11); left > 0; left--) {
    const near = cuts.at(-1) ?? 0;
    const cut = random.below(2) === 0 ? near + random.below(5) : random.below(bytes + 1);
    cuts.push(Math.min(cut, bytes));
  }
  return cuts.sort((a, b) => a - b);
}

function several(random: Random, countMax: number, draw: () => string): string {
  let text = "";
  for (let left = random.below(countMax + 1); left > 0; left--) text += draw();
  return text;
}

function ofKind(random: Random, kind: Kind): string {
  return random.pick<string>(alphabet[kind]);
}

function character(random: Random): string {
  const kind = random.pick(kinds);
  const ascii = random.below(3) === 0;
  return ascii ? String.fromCharCode(random.below(0x80)) : ofKind(random, kind);
}

function codePoint(random: Random): string {
  const plane = random.pick([0, 0, 0, 0, 1, 1, 2, 3, 14, 16]);
  const point = plane * 0x10000 + random.below(0x10000);
  return point >= 0xd800 && point < 0xe000 ? "\ufffd" : String.fromCodePoint(point);
}

/** Two or three kinds alone: what makes a pattern turn back again and again. */
function drawFewKinds(random: Random): string {
  const chosen = [random.pick(kinds), random.pick(kinds), random.pick(kinds)];
  return several(random, 40, () => ofKind(random, random.pick(chosen)));
}

function run(random: Random): string {
  const kind = random.pick(kinds);
  const length = random.pick(random.below(8) === 0 ? edgeLengths : shortEdges);
  const count = length <= 20 || random.below(3) === 0 ? length : random.below(20);
  if (random.below(2) === 0) return ofKind(random, kind).repeat(count);
  return Array.from({ length: count }, () => ofKind(random, kind)).join("");
}

/** Some of the others in a row: a stream looks at what it has in hand only now and then. */
function drawJoined(random: Random): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let left = 4 + random.below(8); left > 0; left--) {
    const shape = shapes[random.pick(singles)]!;
    parts.push(Buffer.from(shape(random)));
  }
  return Buffer.concat(parts);
}

/** Runs that a counter does not keep whole, and what may belong to them behind them. */
function drawLong(random: Random): string {
  let text = random.pick(["", "", "(", " ", "\n", "日", "\u0301", "\u00a0"]);
  for (let left = 1 + random.below(3); left > 0; left--) {
    const chosen = [random.pick(kinds), random.pick(kinds)] as const;
    const rare = 1 + random.below(60);
    for (let size = random.below(1200); size > 0; size--) {
      text += ofKind(random, chosen[random.below(rare) === 0 ? 1 : 0]);
    }
    text += feature(random);
  }
  return text + blankOrWord(random);
}

const fillers = [
  ...["a", "A", " ", "\n", "1", "!", "/", "_", "ab ", "Ab", "it's ", "x\n", "  \n", "12 ", "a.b/"],
];

/** Something telling around a multiple of 16 bytes, and then once more. */
function drawEdges(random: Random): string {
  const filler = random.pick(fillers);
  let text = "";
  for (let left = 1 + random.below(3); left > 0; left--) {
    const length = 16 * (1 + random.below(9)) + random.below(9) - 5;
    const start = filler.repeat(Math.ceil(length / filler.length)).slice(0, length);
    text += start + feature(random) + blankOrWord(random);
  }
  return text;
}

function feature(random: Random): string {
  switch (random.below(6)) {
    case 0:
      return random.pick(contractions);
    case 1:
      return blank(random);
    case 2:
      return random.pick(["!\n/", ".\r\n", " //\n", "/\n/\n", "'\n", "?/", " '", "''", "' s"]);
    case 3:
      return ofKind(random, "number").repeat(1 + random.below(4));
    case 4:
      return character(random);
    default:
      return character(random) + character(random) + character(random);
  }
}

function blank(random: Random): string {
  const length = random.below(4) === 0 ? random.pick(shortEdges) : random.below(7);
  const newlines = random.below(3) === 0 ? random.below(4) : 0;
  let text = "";
  const plain = random.below(2) === 0;
  for (let left = length; left > 0; left--) text += plain ? " " : ofKind(random, "space");
  for (let left = newlines; left > 0; left--) {
    const at = random.below(text.length + 1);
    text = text.slice(0, at) + ofKind(random, "newline") + text.slice(at);
  }
  return text;
}

function blankOrWord(random: Random): string {
  return random.below(2) === 0 ? blank(random) : word(random);
}

function word(random: Random): string {
  switch (random.below(4)) {
    case 0:
      return letters(random, random.pick(["abcdefghijklmnopqrstuvwxyz", "aeinorst", "AaBbCc"]));
    case 1:
      return letters(random, "ETAOINSHRDLU");
    default:
      return random.pick(words);
  }
}

function letters(random: Random, from: string): string {
  const length = 1 + random.below(random.below(6) === 0 ? 40 : 12);
  return Array.from({ length }, () => random.pick([...from])).join("");
}

function contracted(random: Random): string {
  const before = random.pick(["it", "IT", "It", " we", "日", "\u0301", "1", "!", "", " ", "a'"]);
  const behind = random.pick(["", "", " ", "s", "S", "x", "'", "日", "\n", "1"]);
  return before + random.pick(contractions) + behind;
}

function code(random: Random): string {
  const join = random.pick(["", "_", "-", ".", " ", "/", "::", "->", "(", " = ", "\n    ", "\t"]);
  const parts = Array.from({ length: 1 + random.below(5) }, () => word(random));
  const written = random.below(3) === 0 ? parts.map(capitalised) : parts;
  return written.join(join) + random.pick(["", ";\n", " {\n", "()", ", ", "\n\n", ` // ${join}`]);
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function markup(random: Random): string {
  const inner = word(random) + blank(random) + word(random);
  switch (random.below(5)) {
    case 0:
      return JSON.stringify({ role: word(random), content: inner, n: random.below(1e6) / 7 });
    case 1:
      return `<p class="${word(random)}">${inner}<br/>&nbsp;</p>\n`;
    case 2:
      return `https://${word(random)}.com/${word(random)}/?a=${random.below(999999)}#${inner}`;
    case 3:
      return Buffer.from(letters(random, "etaoin shrdlu\n") + inner).toString("base64");
    default:
      return `| ${inner} | ${random.below(1000)} |\n|---|---:|\n## ${inner}\n- [ ] **${inner}**\n`;
  }
}

function scriptRun(random: Random): string {
  const [first, last] = random.pick(scripts);
  const length = random.pick(random.below(4) === 0 ? shortEdges : [1, 2, 3, 5, 8]);
  const points = Array.from({ length }, () => first + random.below(last - first + 1));
  return String.fromCodePoint(...points) + random.pick(["", " ", ", ", "\u200d", "。"]);
}

/** Pieces that are the same but for zero bytes behind them, or in them. */
function drawZeros(random: Random): string {
  const stem = random.pick(["", "a", "the", "!", " ", "1", "日", "punct!", "abcdefg", "\x01"]);
  return several(random, 12, () => {
    const zeros = "\0".repeat(random.below(random.below(5) === 0 ? 70 : 9));
    return random.pick([stem + zeros, zeros + stem, `${stem}!${zeros}`, ` ${stem}`, zeros]);
  });
}

function drawIllFormed(random: Random): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let left = 1 + random.below(6); left > 0; left--) {
    parts.push(Buffer.from(random.below(2) === 0 ? run(random).slice(0, 80) : word(random)));
    parts.push(random.pick(illFormed));
  }
  const bytes = Buffer.concat(parts);
  if (random.below(4) === 0) bytes[random.below(bytes.length)] = random.below(256);
  const start = random.below(4) === 0 ? random.below(4) : 0;
  return bytes.subarray(start, bytes.length - (random.below(4) === 0 ? random.below(4) : 0));
}
