/** Characters of every kind that a split pattern, a class table or a cache could get wrong. */

/** By Unicode category; ASCII first, then one of each length in UTF-8. */
export const alphabet = {
  upper: ["A", "E", "L", "S", "Z", "É", "Ж", "Σ", "ǅ", "ᾈ", "Ａ", "𝔸", "𞤀"],
  lower: ["a", "e", "l", "r", "s", "t", "z", "é", "ж", "ß", "ſ", "ⅎ", "ａ", "𝕓", "𞤢"],
  modifier: ["ʰ", "ˈ", "ـ", "々", "ー", "ꙿ", "𖿠"],
  caseless: ["ª", "ƻ", "ع", "ש", "न", "ก", "日", "の", "カ", "한", "𠀀", "𐎀"],
  mark: ["\u0301", "\u0327", "\u064b", "\u093f", "\u20dd", "\u3099", "\ufe0f", "\u{e0100}"],
  number: ["0", "1", "7", "9", "²", "½", "٣", "Ⅷ", "〇", "㉓", "𝟙", "𐄇"],
  newline: ["\n", "\n", "\r", "\r\n"],
  space: [" ", " ", " ", "\t", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028"],
  wideSpace: ["\u2029", "\u202f", "\u205f", "\u3000"],
  punctuation: [..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "–", "’", "…", "。", "、", "€", "«"],
  format: ["\ufeff", "\u200b", "\u200c", "\u200d", "\u00ad", "\u061c", "\u{e0041}"],
  emoji: ["😀", "👍🏽", "👩‍👩‍👧", "🇩🇪", "☎️", "🫠", "🏳️‍🌈"],
  control: ["\0", "\0", "\x01", "\x1b", "\x7f", "\u0080", "\u009f"],
  unassigned: ["\u0378", "\ue000", "\ufdd0", "\uffff", "\u{323b0}", "\u{e01f0}", "\u{10ffff}"],
} as const satisfies Record<string, readonly string[]>;

export type Kind = keyof typeof alphabet;
export const kinds = Object.keys(alphabet) as Kind[];

export const contractions = ["s", "t", "m", "d", "re", "ve", "ll", "ſ"].flatMap((ending) =>
  casesOf(ending).map((written) => `'${written}`),
);

function casesOf(text: string): string[] {
  if (text === "" || text === "ſ") return [text];
  const rest = casesOf(text.slice(1));
  const [first = ""] = text;
  return [first, first.toUpperCase()].flatMap((one) => rest.map((end) => one + end));
}

/** Words that other counters get wrong, and those that make up code, markup and prose. */
export const words = [
  ...["the", "and", "of", "turnstile", "strawberry", "internationalization", "antidisestablish"],
  ...["toLocaleString", "constructor", "__proto__", "hasOwnProperty", "valueOf", "toString"],
  ...[
    "getElementById",
    "XMLHttpRequest",
    "parseTrailingTagComments",
    "snake_case_name",
    "MAX_SIZE",
  ],
  ...["function", "return", "null", "=>", "!==", "();", "});", "{\n", "}\n", "  \n", "\t\t", "//"],
  ...["http://", "https://www.", ".com/", "?q=", "&amp;", "</div>", '<a href="', '": "', '",\n  "'],
  ...["größer", "naïve", "Привет", "мир", "Ελλάδα", "日本語", "中文", "한국어", "שלום", "العربية"],
  ...["नमस्ते", "ไทย", "தமிழ்", "မြန်မာ", "Việt", "İstanbul", "ŁÓDŹ"],
];

/** The control tokens of the published encodings and of other families, as text. */
export const controlTexts = [
  ...["<|endoftext|>", "<|endofprompt|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"],
  ...["<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|start|>", "<|channel|>", "<|message|>"],
  ...["<|begin_of_text|>", "<|eot_id|>", "<s>", "</s>", "[INST]", "<bos>", "<start_of_turn>"],
  ...["<|endoftext|", "<|endoftext", "|endoftext|>", "<|", "|>", "<｜begin▁of▁sentence｜>"],
];

/** Bytes that are no UTF-8, one of each kind. */
export const illFormed: readonly Uint8Array[] = [
  [0x80],
  [0xbf, 0xbf],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xc2],
  [0xdf],
  [0xe0, 0x80, 0x80],
  [0xe0, 0xa0],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  [0xef, 0xbf],
  [0xf0],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf0, 0x9f],
  [0xf0, 0x9f, 0x98],
  [0xf4, 0x8f, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xfe],
  [0xff, 0xff, 0xff],
].map((bytes) => Uint8Array.from(bytes));

/** First and last code point of scripts that are written in runs. */
export const scripts: readonly (readonly [first: number, last: number])[] = [
  [0x00c0, 0x024f],
  [0x0370, 0x03ff],
  [0x0400, 0x052f],
  [0x0590, 0x05ff],
  [0x0600, 0x06ff],
  [0x0900, 0x097f],
  [0x0980, 0x0dff],
  [0x0e00, 0x0eff],
  [0x0f00, 0x109f],
  [0x10a0, 0x10ff],
  [0x1100, 0x11ff],
  [0x1e00, 0x1fff],
  [0x2000, 0x206f],
  [0x2190, 0x27bf],
  [0x3000, 0x30ff],
  [0x4e00, 0x4eff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xfb50, 0xfdff],
  [0xff00, 0xffef],
  [0x1d400, 0x1d7ff],
  [0x1f1e6, 0x1f1ff],
  [0x1f300, 0x1faff],
  [0x20000, 0x200ff],
];
