/** Words that may not stand anywhere in the project, and names that files may not bear. */
import { basename } from "node:path";
import type { SourceFile } from "./tree.ts";

interface BannedWord {
  pattern: RegExp;
  why: string;
}

/** Written in pieces, so that this file needs no exception from its own rule. */
const bannedWords: BannedWord[] = [
  {
    pattern: new RegExp(`\\b(TO${"DO"}|FIX${"ME"}|X${"XX"}|HA${"CK"})\\b`),
    why: "unfinished work",
  },
  { pattern: new RegExp(`\\bnot ${"implemented"}\\b`, "i"), why: "unfinished work" },
  { pattern: new RegExp(`\\bfor ${"now"}\\b`, "i"), why: "unfinished work" },
  {
    pattern: new RegExp(`(npm${"js"}\\.(org|com)|pypi\\.${"org"}|python${"hosted"}\\.org)`, "i"),
    why: "a registry's host name; the client in use knows its registry",
  },
  {
    pattern: new RegExp(`(^|[\\s"'\`(=:])/(${["home", "work", "root", "Users"].join("|")})/`),
    why: "a path that exists on one machine only",
  },
  { pattern: new RegExp(`(^|[\\s"'\`(=:])/t${"mp"}/`), why: "a path to ask the system for" },
];

const bannedNames = /(^|[-._])(utils?|helpers?|common|managers?|misc)([-._]|$)/i;

/** Each banned word with its place. */
export function bannedWordsIn(tree: SourceFile[]): string[] {
  return tree.flatMap((file) =>
    file.text.split("\n").flatMap((line, index) =>
      bannedWords.flatMap(({ pattern, why }) => {
        const hit = pattern.exec(line);
        return hit ? [`${file.path}:${index + 1}: "${hit[0].trim()}" (${why})`] : [];
      }),
    ),
  );
}

/** Files and folders whose name says nothing about what is in them. */
export function emptyNames(paths: string[]): string[] {
  return paths.filter((path) => path.split("/").some((part) => bannedNames.test(part)));
}

/** Files that were put aside instead of deleted. */
export function disabledFiles(paths: string[]): string[] {
  return paths.filter((path) =>
    /(disabled|\.(bak|old|orig|rej|off|swp))($|\.)/i.test(basename(path)),
  );
}
