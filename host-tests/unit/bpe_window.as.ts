import { Encoding } from "../../assembly/bpe/encoding";
import { mergedTokens } from "../../assembly/bpe/merge";
import { Vocabulary, vocabularyOf } from "../../assembly/bpe/vocabulary";

export function alloc(bytes: u32): usize {
  return heap.alloc(bytes);
}

/** Tokens of a piece merged in windows that begin at `windowBytes`. */
export function piece(encoding: Encoding, ptr: usize, bytes: u32, windowBytes: u32): u32 {
  const vocabulary = vocabularyOf(encoding);
  if (vocabulary === null) return 0;
  return mergedTokens(changetype<Vocabulary>(vocabulary), ptr, bytes, windowBytes);
}
