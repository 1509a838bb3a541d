/** What processes run on before anything is timed: of every kind, and in no corpus. */
import { cutText } from "./cut.ts";
import { compilerCode, compilerMessages, declaration, speeches } from "./passages.ts";

const speechBytes = 220_000;
const codeBytes = 160_000;
const declarationBytes = 9_000;

/** Every corpus of declarations takes only their first 2 KB. */
const declarationSkips = 4_000;
const scripts = ["rus", "ben", "urd", "tha", "heb", "ell_monotonic", "kor", "hin", "arb", "amh"];

/** 0.6 MB. */
export function warmUpText(): string {
  const behind = scripts.map((name) => {
    const text = declaration(`${name}.html`).slice(declarationSkips);
    return cutText(text, declarationBytes);
  });
  return [
    cutText(speeches(3), speechBytes),
    cutText(compilerCode(7), codeBytes),
    compilerMessages("zh-tw"),
    ...behind,
  ].join("\n\n");
}
