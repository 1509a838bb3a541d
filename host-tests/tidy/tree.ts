/** The project's files as the tidy rules see them: everything that is kept, nothing generated. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const rootDir = fileURLToPath(new URL("../..", import.meta.url));

/** One file of the project. */
export interface SourceFile {
  /** From the root, with forward slashes. */
  path: string;
  text: string;
}

/** Folders that hold no source: installed, generated, or the version control's own. */
const outsideTheTree = new Set(["node_modules", "build", ".git", ".vscode"]);
const textExtensions = new Set([
  "",
  ".css",
  ".html",
  ".js",
  ".json",
  ".md",
  ".mjs",
  ".sh",
  ".sql",
  ".toml",
  ".ts",
  ".txt",
  ".yaml",
  ".yml",
]);
const writtenByTools = new Set(["package-lock.json"]);

/** Every path of the project, sorted, folders left out. */
export function allPaths(): string[] {
  const paths: string[] = [];
  const folders = [rootDir];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = join(folder, entry.name);
      if (entry.isDirectory() && !outsideTheTree.has(entry.name)) folders.push(full);
      if (entry.isFile() && !entry.name.endsWith(".tmp")) paths.push(relative(rootDir, full));
    }
  }
  return paths.sort();
}

/** Every file that people write, with its text. */
export function readTree(): SourceFile[] {
  return allPaths()
    .filter((path) => textExtensions.has(extname(path)) && !writtenByTools.has(path))
    .map((path) => ({ path, text: readFileSync(join(rootDir, path), "utf8") }));
}

/** Whether a file is program text: TypeScript, AssemblyScript or JavaScript. */
export function isProgram(file: SourceFile): boolean {
  return [".ts", ".mjs", ".js"].includes(extname(file.path));
}

/** Whether a file is compiled into the module. */
export function isModuleSource(file: SourceFile): boolean {
  return file.path.startsWith("assembly/") && file.path.endsWith(".ts");
}
