/** How big a file, a function and a line may be, and how deep the module's code may nest. */
import ts from "typescript";
import { functionName, isFunction, linesOf, placeOf, syntaxOf, walk } from "./syntax.ts";
import { isModuleSource, isProgram, type SourceFile } from "./tree.ts";

export const fileLinesMax = 400;
export const functionLinesMax = 70;
export const lineColumnsMax = 100;
export const nestingMax = 3;

/** Files that are longer than `fileLinesMax`. */
export function longFiles(tree: SourceFile[]): string[] {
  return tree.filter(isProgram).flatMap((file) => {
    const lines = file.text.trimEnd().split("\n").length;
    return lines > fileLinesMax ? [`${file.path}:${fileLinesMax}: ${lines} lines`] : [];
  });
}

/** Lines wider than `lineColumnsMax`; one that is nothing but an address has no shorter form. */
export function wideLines(tree: SourceFile[]): string[] {
  const narrow = tree.filter(
    ({ path }) => /\.(ts|mjs|js|ya?ml|sh)$/.test(path) && !path.startsWith("host-tests/cases/"),
  );
  return narrow.flatMap((file) =>
    file.text.split("\n").flatMap((line, index) => {
      const columns = [...line].length;
      if (columns <= lineColumnsMax || /^[\s/*#-]*https?:\/\/\S+$/.test(line)) return [];
      return [`${file.path}:${index + 1}: ${columns} columns`];
    }),
  );
}

/** Functions longer than `functionLinesMax`. The body of a `describe` is a chapter, no function. */
export function longFunctions(tree: SourceFile[]): string[] {
  const found: string[] = [];
  for (const file of tree.filter(isProgram)) {
    walk(file, (node) => {
      if (!isFunction(node) || isChapter(node)) return;
      const lines = linesOf(file, node);
      if (lines > functionLinesMax) {
        found.push(`${placeOf(file, node)}: ${functionName(node)} has ${lines} lines`);
      }
    });
  }
  return found;
}

function isChapter(node: ts.Node): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && /^describe\b/.test(call.expression.getText());
}

/** Statements of the module that stand under more than `nestingMax` branches and loops. */
export function deepNesting(tree: SourceFile[]): string[] {
  const found: string[] = [];
  for (const file of tree.filter(isModuleSource)) {
    const down = (node: ts.Node, depth: number): void => {
      const here = isFunction(node) ? 0 : depth + (opensLevel(node) ? 1 : 0);
      if (here > nestingMax && here > depth) found.push(`${placeOf(file, node)}: level ${here}`);
      ts.forEachChild(node, (child) => down(child, here));
    };
    down(syntaxOf(file), 0);
  }
  return found;
}

function opensLevel(node: ts.Node): boolean {
  if (ts.isIfStatement(node)) return !isElseBranch(node);
  return ts.isIterationStatement(node, false) || ts.isSwitchStatement(node);
}

function isElseBranch(node: ts.IfStatement): boolean {
  return ts.isIfStatement(node.parent) && node.parent.elseStatement === node;
}
