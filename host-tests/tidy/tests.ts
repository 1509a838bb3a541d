/** What test files may not contain: anything that makes a green run say less than it seems to. */
import ts from "typescript";
import { placeOf, walk } from "./syntax.ts";
import type { SourceFile } from "./tree.ts";

const muted = new Set(["only", "skip", "todo", "fails"]);
const starters = /^(describe|it|test|suite|bench)$/;

/** Tests that are left out or leave others out. `skipIf` states its condition, so it may stay. */
export function mutedTests(tree: SourceFile[]): string[] {
  const found: string[] = [];
  for (const file of tree.filter(({ path }) => /\.test\.ts$/.test(path))) {
    walk(file, (node) => {
      if (ts.isPropertyAccessExpression(node) && muted.has(node.name.text)) {
        if (starters.test(firstName(node))) found.push(`${placeOf(file, node)}: ${node.getText()}`);
      }
      if (ts.isIdentifier(node) && /^(xit|xdescribe|xtest|fit|fdescribe)$/.test(node.text)) {
        found.push(`${placeOf(file, node)}: ${node.text}`);
      }
    });
  }
  return found;
}

function firstName(node: ts.PropertyAccessExpression): string {
  let left: ts.Expression = node.expression;
  while (ts.isPropertyAccessExpression(left) || ts.isCallExpression(left)) left = left.expression;
  return left.getText();
}

/** Test files under names that the test command does not look for. */
export function unseenTests(paths: string[]): string[] {
  const testLike = paths.filter((path) => /[._-](test|spec)\.[a-z]+$/.test(path));
  return testLike.filter((path) => !/^host-tests\/.*\.test\.ts$/.test(path));
}
