/** What the module's sources may not contain: a trap there kills every stream of the worker. */
import ts from "typescript";
import { functionName, isFunction, placeOf, walk } from "./syntax.ts";
import { isModuleSource, type SourceFile } from "./tree.ts";

/**
 * Files that may use floating point numbers, each with the reason it was let. Tokens and money are
 * integers: a float there is a wrong bill.
 */
export const floatsReviewed: Record<string, string> = {};

type Rule = (node: ts.Node, file: SourceFile) => string | null;

/** Places that could trap, or that could grow the stack with the input. */
export function trapsIn(tree: SourceFile[]): string[] {
  return apply(tree.filter(isModuleSource), [throwing, nonNull, recursing]);
}

/** Floating point types and numbers outside the reviewed files. */
export function floatsIn(tree: SourceFile[]): string[] {
  const strict = tree.filter((file) => isModuleSource(file) && !(file.path in floatsReviewed));
  return apply(strict, [floating]);
}

function apply(files: SourceFile[], rules: Rule[]): string[] {
  const found: string[] = [];
  for (const file of files) {
    walk(file, (node) => {
      for (const rule of rules) {
        const what = rule(node, file);
        if (what) found.push(`${placeOf(file, node)}: ${what}`);
      }
    });
  }
  return found;
}

function throwing(node: ts.Node): string | null {
  return ts.isThrowStatement(node) || ts.isTryStatement(node)
    ? "exceptions do not exist here"
    : null;
}

function nonNull(node: ts.Node): string | null {
  if (ts.isNonNullExpression(node)) return "`!` traps on null";
  const asserted =
    (ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node)) && node.exclamationToken;
  return asserted ? "`!` leaves it null" : null;
}

function recursing(node: ts.Node): string | null {
  if (!ts.isCallExpression(node)) return null;
  const inside = enclosing(node);
  if (!inside) return null;
  const name = functionName(inside);
  const called = node.expression;
  const itself = ts.isMethodDeclaration(inside)
    ? ts.isPropertyAccessExpression(called) &&
      called.expression.kind === ts.SyntaxKind.ThisKeyword &&
      called.name.text === name
    : ts.isIdentifier(called) && called.text === name;
  return itself ? `${name} calls itself` : null;
}

function enclosing(node: ts.Node): ts.FunctionLikeDeclaration | null {
  for (let up = node.parent; up; up = up.parent) if (isFunction(up)) return up;
  return null;
}

function floating(node: ts.Node): string | null {
  const named = ts.isIdentifier(node) && /^(f32|f64|f32x4|f64x2|Math|Mathf)$/.test(node.text);
  if (named) return `${node.text} is floating point`;
  const literal = ts.isNumericLiteral(node) && /^\d[\d_]*(\.|e)/i.test(node.getText());
  return literal ? `${node.getText()} is floating point` : null;
}
