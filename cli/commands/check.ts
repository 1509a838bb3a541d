import { buildModule } from "../../tools/build.ts";
import { exitCode, Failure } from "../failure.ts";
import { mistakesIn } from "../mistakes.ts";
import { readOptions } from "../options.ts";
import { readPolicyFile } from "../policy_file.ts";
import type { Terminal } from "../terminal.ts";

/** Lets the module read a policy and prints all that it finds wrong. */
export async function check(args: string[], terminal: Terminal): Promise<number> {
  const { positionals } = readOptions(args, {}, 1);
  const [path] = positionals;
  if (path === undefined) throw new Failure("check needs the policy's file.");
  const { policy, attach } = readPolicyFile(path);
  const mistakes = mistakesIn({ policy, attach }, await buildModule());
  for (const mistake of mistakes) terminal.out(mistake);
  const number = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
  terminal.err(mistakes.length === 0 ? `${path}: no mistakes.` : `${path}: ${number}.`);
  return mistakes.length === 0 ? exitCode.done : exitCode.failed;
}
