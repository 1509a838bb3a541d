import { readFileSync } from "node:fs";
import { loadModule } from "../host/load.ts";
import { Vm } from "../host/vm.ts";

/** What the module puts before each mistake in its log. */
const mistakePrefix = /^tokenstile: refused: /;

/**
 * What the module's own `on_configure` says against a plugin configuration: each a path and why.
 * Empty when it takes it.
 */
export function mistakesIn(configuration: object, wasmPath: string): string[] {
  const messages: string[] = [];
  const vm = new Vm(loadModule(readFileSync(wasmPath)), {
    onLog: ({ message }) => void messages.push(message),
  });
  const bytes = Buffer.from(JSON.stringify(configuration));
  if (vm.createRoot({ configuration: bytes })) return [];
  const mistakes = messages.map((message) => message.replace(mistakePrefix, ""));
  return mistakes.length > 0 ? mistakes : ["the module refused it without a word"];
}
