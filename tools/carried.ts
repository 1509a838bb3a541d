import { encodingNumber, sourceOf } from "./vocabularies/all.ts";
import type { EncodingName } from "./vocabularies/source.ts";

/**
 * AssemblyScript source of `build/vocab/carried.ts`, by which a module knows the encodings that it
 * was built with. Nothing else names their tables, so those of others do not get into the module.
 */
export function carriedSource(encodings: EncodingName[]): string {
  const mask = encodings.reduce((bits, name) => bits | (1 << encodingNumber(name)), 0);
  const sources = encodings.map((name) => sourceOf[name]);
  return [
    ...encodings.map((name) => `import * as ${name} from "./${name}";`),
    `export const carriedEncodings: u32 = ${mask};`,
    `export const carriedNames: string = "${encodings.join(",")}";`,
    `export const carriesSpecials: bool = ${sources.some(({ specials }) => specials)};`,
    `export const carriesWholePieces: bool = ${sources.some(({ wholePieces }) => wholePieces)};`,
    `export const carriesNormalForm: bool = ${sources.some(({ normalForm }) => normalForm)};`,
    ...addresses("normalFormOf", "normalForm", encodings),
    ...addresses("tokenBytesMaxOf", "tokenBytesMax", encodings),
    ...addresses("tablesOf", "vocabulary", encodings),
    ...addresses("specialsOf", "specials", encodings),
    ...addresses("wholePiecesOf", "wholePieces", encodings),
    ...addresses("codePointsOf", "codePoints", encodings),
    "",
  ].join("\n");
}

/** A function from an encoding's number to where one of its tables lies; 0 where there is none. */
function addresses(name: string, table: string, encodings: EncodingName[]): string[] {
  return [
    `export function ${name}(encoding: i32): usize {`,
    ...encodings.map((it) => `  if (encoding == ${encodingNumber(it)}) return ${it}.${table};`),
    "  return 0;",
    "}",
  ];
}
