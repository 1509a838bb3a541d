/**
 * Vocabularies in the form of Hugging Face's `tokenizer.json`, byte-level kind: there a byte is
 * spelled by one character, itself where it can be printed, else the next unused from U+0100 on.
 */
import { readRankedTokens } from "./ranked_tokens.ts";

/** What we read of a `tokenizer.json`. */
export interface TokenizerJson {
  added_tokens: { content: string }[];
  model: { vocab: Record<string, number>; merges: (string | [string, string])[] };
}

/** The tokens of a `tokenizer.json`, or of a file in tiktoken's form, by rank. */
export function readByteLevelTokens(file: Buffer): Uint8Array[] {
  if (file[0] !== 0x7b) return readRankedTokens(file);
  const { added_tokens, model } = JSON.parse(file.toString("utf8")) as TokenizerJson;
  const added = new Set(added_tokens.map(({ content }) => content));
  const spelled = Object.entries(model.vocab).filter(([text]) => !added.has(text));
  const bytes = bytesBySpelling();
  return spelled.sort(([, a], [, b]) => a - b).map(([text]) => unspelled(text, bytes));
}

function bytesBySpelling(): Map<string, number> {
  const bytes = new Map<string, number>();
  let unprintable = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    bytes.set(String.fromCharCode(printable ? byte : unprintable++), byte);
  }
  return bytes;
}

function unspelled(text: string, bytes: Map<string, number>): Uint8Array {
  return Uint8Array.from(text, (char) => {
    const byte = bytes.get(char);
    if (byte === undefined) throw new Error(`"${text}" is no token of bytes`);
    return byte;
  });
}
