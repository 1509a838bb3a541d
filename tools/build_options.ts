import { parseArgs } from "node:util";
import { readEncodings, sourceOf } from "./vocabularies/all.ts";
import type { VocabularyFiles } from "./vocabularies/find.ts";
import { encodingNames, type EncodingName } from "./vocabularies/source.ts";

export interface BuildOptions {
  help: boolean;
  encodings?: EncodingName[];
  files: VocabularyFiles;
  out?: string;
}

/** Reads the command line of `npm run build`; throws an Error with a sentence about a wrong one. */
export function readBuildOptions(args: string[]): BuildOptions {
  const { values } = parseArgs({
    args,
    options: {
      encodings: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
      out: { type: "string" },
      tokenizer: { type: "string", multiple: true, default: [] },
    },
  });
  const encodings = values.encodings === undefined ? undefined : readEncodings(values.encodings);
  const files: VocabularyFiles = {};
  for (const given of values.tokenizer) {
    const [, name = "", file] = /^([^=]*)=(.+)$/s.exec(given) ?? [];
    if (file === undefined) throw new Error(`--tokenizer needs NAME=FILE, not "${given}".`);
    for (const encoding of readEncodings(name)) files[encoding] = file;
  }
  return { help: values.help, encodings, files, out: values.out };
}

export const buildHelp = `npm run build [-- --encodings A,B] [--tokenizer NAME=FILE] [--out FILE]

Builds the proxy-wasm module, build/tokenstile.wasm.

  --encodings A,B        the vocabularies it carries; o200k_base,cl100k_base unless told. Another
                         set has a file of its own, as build/tokenstile-o200k_base-qwen3.wasm
  --tokenizer NAME=FILE  read the vocabulary NAME from FILE (a tokenizer.json, or one in tiktoken's
                         form), not from its package; once for each
  --out FILE             put a copy of the module there

TOKENSTILE_ENCODINGS=A,B says the same to every command that builds or runs the module.

${table()}

Vocabularies whose licence is not an open one are neither shipped nor installed; the build says how
to provide them. See docs/encodings.md.
`;

function table(): string {
  const rows = encodingNames.map((name) => [name, sourceOf[name].package, sourceOf[name].licence]);
  const all = [["encoding", "read from", "licence"], ...rows];
  const widths = [0, 1].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => `  ${line.trimEnd()}`)
    .join("\n");
}
