import { readFileSync } from "node:fs";
import { loadModule } from "../../host/load.ts";
import { Vm } from "../../host/vm.ts";
import { buildModule } from "../../tools/build.ts";
import { exitCode, Failure } from "../failure.ts";
import { readOptions } from "../options.ts";
import { readPolicyFile } from "../policy_file.ts";
import type { Terminal } from "../terminal.ts";

/** What the module puts before each mistake in its log. */
const mistakePrefix = /^tokenstile: refused: /;

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

/** What the module's own `on_configure` says against a configuration: each a path and why. */
function mistakesIn(configuration: object, wasmPath: string): string[] {
  const messages: string[] = [];
  const vm = new Vm(loadModule(readFileSync(wasmPath)), {
    onLog: ({ message }) => void messages.push(message),
  });
  const bytes = Buffer.from(JSON.stringify(configuration));
  if (vm.createRoot({ configuration: bytes })) return [];
  const mistakes = messages.map((message) => message.replace(mistakePrefix, ""));
  return mistakes.length > 0 ? mistakes : ["the module refused it without a word"];
}
