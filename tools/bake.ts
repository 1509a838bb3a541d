export type EncodingName = "o200k_base" | "cl100k_base";
export async function bakeVocabularies(_encodings: EncodingName[]): Promise<void> {}
