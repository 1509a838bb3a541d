/**
 * `npm run conformance -- --encodings llama3,gemma3 [--tokenizer NAME=FILE]`: compares the counts
 * of any encodings with their references, as the tests do for those that we may install.
 */
import { readFileSync } from "node:fs";
import { bakeVocabularies, vocabDir } from "../../tools/bake.ts";
import { buildUnit } from "../../tools/build.ts";
import { readBuildOptions } from "../../tools/build_options.ts";
import { encodingNumber } from "../../tools/vocabularies/all.ts";
import type { EncodingName } from "../../tools/vocabularies/source.ts";
import { BpeModule } from "../unit/bpe_module.ts";
import { families } from "../unit/bpe_worst.ts";
import { compare } from "./compare.ts";
import { referenceOf } from "./references.ts";
import { drawn, pairs, sweep } from "./texts.ts";

const usual: EncodingName[] = ["qwen3", "deepseek_v3", "mistral_tekken"];
const strings = Number(process.env.FUZZ_STRINGS ?? 50_000);
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);

const { encodings = usual, files } = readBuildOptions(process.argv.slice(2));
if (encodings.some((name) => name === "o200k_base" || name === "cl100k_base")) {
  throw new Error("`npm test` and `npm run soak` compare OpenAI's encodings.");
}
await bakeVocabularies(encodings, vocabDir, files);
const bpe = await BpeModule.of(readFileSync(await buildUnit("bpe", encodings)));
let failed = 0;
for (const name of encodings) {
  const reference = referenceOf(name, files[name]);
  const number = encodingNumber(name);
  const long = Object.values(families).flatMap((family) => [family(700, 3), family(20_000, 4)]);
  const rounds = {
    "every code point": sweep(),
    "every two kinds": pairs(),
    "long pieces": long,
    [`texts of seed ${seed}`]: drawn(name, seed, strings),
  };
  for (const [round, texts] of Object.entries(rounds)) {
    const { texts: count, bytes, wrong } = await compare(bpe, number, reference, texts);
    const verdict = wrong.length === 0 ? "all equal" : `${wrong.length} or more differ`;
    console.log(`${name}: ${round}: ${count} texts, ${bytes} bytes: ${verdict}`);
    for (const one of wrong) console.log(`  ${one}`);
    failed += wrong.length;
  }
}
process.exitCode = failed === 0 ? 0 : 1;
