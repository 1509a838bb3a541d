/**
 * Texts of two npm packages that are no development dependencies: one is too large to be installed
 * by everybody (85 MB), the other's licence asks those who pass it on to do so under the same one.
 * Each is fetched by the npm client when the bench first needs it; what is cut of it stays in
 * `build/`, and its hash is known.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildDir } from "../../../tools/build.ts";

const poemFiles = 6;
const poemsPerFile = 1000;

interface Poem {
  title: string;
  paragraphs: string[];
}

interface Chapter {
  verses: { text: string }[];
}

/** Poems of the Song dynasty in traditional characters, 1.5 MB. */
export function songPoems(): string {
  const paths = Array.from(
    { length: poemFiles },
    (_, index) => `dist/quantangshi/poet.song.${index * poemsPerFile}.json`,
  );
  const poems = unpack("chinese-poetry@2.0.1", paths).flatMap((file) => JSON.parse(file) as Poem[]);
  return poems.map(({ title, paragraphs }) => [title, ...paragraphs].join("\n")).join("\n\n");
}

/** The Quran, fully vocalised, a verse a line, 1.3 MB. */
export function quran(): string {
  const [file = "[]"] = unpack("quran-json@3.0.0", ["dist/quran.json"]);
  const chapters = JSON.parse(file) as Chapter[];
  return chapters.flatMap(({ verses }) => verses.map(({ text }) => text)).join("\n");
}

/** The texts of these files of an npm package; nothing of it is run, and nothing else is kept. */
function unpack(nameAndVersion: string, paths: string[]): string[] {
  process.stderr.write(`fetching ${nameAndVersion} for its texts\n`);
  mkdirSync(buildDir, { recursive: true });
  const dir = mkdtempSync(join(buildDir, "fetched-"));
  try {
    const options = { cwd: dir, encoding: "utf8", stdio: "pipe" } as const;
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const said = execFileSync(npm, ["pack", nameAndVersion, "--silent"], options);
    const archive = said.trim().split("\n").at(-1) ?? "";
    const members = paths.map((path) => `package/${path}`);
    execFileSync("tar", ["-xzf", archive, ...members], options);
    return members.map((member) => readFileSync(join(dir, member), "utf8"));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
