/** What the build must know of a vocabulary, and what it reads of one. */

/** The names of the encodings, by their number less one in assembly/bpe/encoding.ts. */
export const encodingNames = [
  "o200k_base",
  "cl100k_base",
  "qwen3",
  "deepseek_v3",
  "llama3",
  "mistral_tekken",
  "gemma3",
] as const;

export type EncodingName = (typeof encodingNames)[number];

/** Where a vocabulary comes from. There is one file beside this one for each. */
export interface VocabularySource {
  name: EncodingName;
  /** The npm package that holds it, in the version whose content was checked. */
  package: string;
  version: string;
  /** The file inside of the package. */
  file: string;
  /** Whether the vocabulary's own licence lets anybody pass it on: only then we depend on it. */
  open: boolean;
  /** The vocabulary's licence, which need not be the package's. */
  licence: string;
  /** SHA-256 of the tokens in tiktoken's form: a line is a token in base64, a space, its rank. */
  sha256: string;
  /** How many tokens merging their own bytes does not lead to; 0 unless told. */
  unreached?: number;
  /** Whether a piece that is such a token counts as one all the same. Else they are never made. */
  wholePieces?: boolean;
  /** Text that the usual server reads as one token wherever it stands; none where it is plain. */
  specials?: string[];
  /** Whether the text is brought into Unicode's Normalization Form C first. */
  normalForm?: boolean;
  read(file: Buffer): Vocabulary;
}

/** A vocabulary as the bake takes it. */
export interface Vocabulary {
  /**
   * The bytes of every token, by the rank of its merge. Tokens are bytes and not text: many are
   * parts of characters, some begin with U+FEFF.
   */
  tokens: Uint8Array[];
  /** The code points for which the splitter asks. */
  codePoints?: () => Iterable<number> | Promise<Iterable<number>>;
}
