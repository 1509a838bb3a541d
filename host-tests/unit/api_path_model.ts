/** Plain models of request paths: our normal form, and the ways in which servers read a path. */

/** Percent-escapes decoded until there is none; `made` holds every character they stood for. */
function decoded(path: string): { text: string; made: string } {
  let made = "";
  let text = path;
  for (let before = ""; before !== text;) {
    before = text;
    text = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => {
      const char = String.fromCharCode(parseInt(hex, 16));
      made += char;
      return char;
    });
  }
  return { text, made };
}

export interface NormalPath {
  normal: string;
  ambiguous: boolean;
}

/** The normal form of a path of Latin-1 characters, as `assembly/api/path.ts` describes it. */
export function normalPath(path: string): NormalPath {
  const raw = path.split(/[?#]/, 1)[0]!;
  const { text, made } = decoded(raw);
  const segments = text.split(/[/\\]/);
  const kept = segments.map((segment) => segment.split(/[\0-\x20\x7f;?#]/, 1)[0]!);
  const isDouble = segments.slice(1, -1).includes("");
  const isOdd =
    text.includes("\\") ||
    isDouble ||
    kept.some((part, at) => part !== segments[at]) ||
    /[/\\%]/.test(made) ||
    (made.includes(".") && /[/\\]\.\./.test(raw));
  const endsInside = /[\0?#].*[/\\]/s.test(text);
  const hidesSlash = /[/\\]/.test(made) || text.includes("\\");
  const hidesInside = hidesSlash && /;.*[/\\]/s.test(text);
  const ambiguous = (kept.includes("..") && isOdd) || endsInside || hidesInside;
  const stack: string[] = [];
  for (const part of kept) {
    if (part === ".." && !ambiguous) stack.pop();
    else if (part !== "" && part !== "." && part !== "..") stack.push(part);
  }
  const slash = /^[/\\]/.test(text) || kept[0] === "" || stack[0] !== kept[0] ? "/" : "";
  return { normal: stack.length === 0 ? "" : slash + stack.join("/"), ambiguous };
}

/** What one server makes of a path before it looks for the endpoint. */
export interface Reading {
  /** How often it decodes percent-escapes, and whether it resolves dots before it does. */
  decodes: number;
  dotsFirst: boolean;
  backslashes: boolean;
  mergesSlashes: boolean;
  /** Cuts parameters off each segment. */
  matrix: boolean;
  resolvesDots: boolean;
  /** What ends the decoded path. */
  end: "" | "\0" | "?" | "#";
  /** Does not see blanks and control characters at the end. */
  trims: boolean;
}

const flags = [false, true];

/** Every combination: servers, proxies and frameworks in a row do any of it. */
export const readings: Reading[] = [0, 1, 2, 3].flatMap((decodes) =>
  flags.flatMap((dotsFirst) =>
    flags.flatMap((backslashes) =>
      flags.flatMap((mergesSlashes) =>
        flags.flatMap((matrix) =>
          flags.flatMap((resolvesDots) =>
            flags.flatMap((trims) =>
              (["", "\0", "?", "#"] as const).map((end) => ({
                ...{ decodes, dotsFirst, backslashes, mergesSlashes },
                ...{ matrix, resolvesDots, trims, end },
              })),
            ),
          ),
        ),
      ),
    ),
  ),
);

/** The path as that server sees it, without slashes at its end. */
export function readPath(path: string, reading: Reading): string {
  let text = path.split(/[?#]/, 1)[0]!;
  if (reading.dotsFirst) text = resolve(text, reading);
  for (let round = 0; round < reading.decodes; round++) {
    text = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
  }
  if (reading.end !== "") text = text.split(reading.end, 1)[0]!;
  if (reading.trims) text = text.replace(/[\0-\x20\x7f]+$/, "");
  if (!reading.dotsFirst) text = resolve(text, reading);
  return text.replace(/\/+$/, "");
}

function resolve(text: string, reading: Reading): string {
  const slashes = reading.backslashes ? text.replaceAll("\\", "/") : text;
  let segments = slashes.split("/");
  if (reading.matrix) segments = segments.map((segment) => segment.split(";", 1)[0]!);
  if (reading.mergesSlashes) segments = segments.filter((part, at) => at === 0 || part !== "");
  if (!reading.resolvesDots) return segments.join("/");
  const stack: string[] = [];
  for (const segment of segments) {
    if (segment === "..") {
      if (stack.length > 1) stack.pop();
    } else if (segment !== ".") stack.push(segment);
  }
  return stack.join("/");
}
