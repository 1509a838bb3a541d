/**
 * The syntax trees of the project's programs. AssemblyScript parses as TypeScript: its decorators
 * on functions and its number types are errors of meaning, and meaning is not asked for here.
 */
import ts from "typescript";
import type { SourceFile } from "./tree.ts";

const parsed = new WeakMap<SourceFile, ts.SourceFile>();

/** The tree of one file, with parents set. */
export function syntaxOf(file: SourceFile): ts.SourceFile {
  const known = parsed.get(file);
  if (known) return known;
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  parsed.set(file, tree);
  return tree;
}

/** Calls `visit` for every node of a file, parents first. */
export function walk(file: SourceFile, visit: (node: ts.Node) => void): void {
  const down = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, down);
  };
  down(syntaxOf(file));
}

/** `path:line`, the form that editors and terminals can open. */
export function placeOf(file: SourceFile, node: ts.Node): string {
  const tree = syntaxOf(file);
  return `${file.path}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
}

/** Lines from a node's first character to its last; its documentation does not count. */
export function linesOf(file: SourceFile, node: ts.Node): number {
  const tree = syntaxOf(file);
  const first = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line;
  return tree.getLineAndCharacterOfPosition(node.end).line - first + 1;
}

/** The name a function goes by: its own, its variable's or its member's. */
export function functionName(node: ts.FunctionLikeDeclaration): string {
  if (node.name) return node.name.getText();
  const holder = node.parent;
  if (ts.isVariableDeclaration(holder) || ts.isPropertyAssignment(holder)) {
    return holder.name.getText();
  }
  return ts.isConstructorDeclaration(node) ? "constructor" : "a nameless function";
}

/** Whether a node is a function that has a body. */
export function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration & { body: ts.Node } {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}
