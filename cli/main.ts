/** Picks the command, and turns what goes wrong into a sentence and an exit code. */
import { exitCode, Failure } from "./failure.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

type Command = (args: string[], terminal: Terminal) => Promise<number>;

/** Loaded when asked for: some of them bring a compiler or a vocabulary along. */
const commands: Record<string, () => Promise<Command>> = {
  check: async () => (await import("./commands/check.ts")).check,
  count: async () => (await import("./commands/count.ts")).count,
  explain: async () => (await import("./commands/explain.ts")).explain,
  help: async () => (await import("./commands/help.ts")).help,
  mock: async () => (await import("./commands/mock.ts")).mock,
  start: async () => (await import("./commands/start.ts")).start,
};

/** Runs one command line, without the program's name; resolves to its exit code. */
export async function main(args: string[], terminal: Terminal = processTerminal): Promise<number> {
  const [name = "help", ...rest] = withHelpFirst(args);
  try {
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!load) throw new Failure(`There is no command "${name}".`);
    const command = await load();
    return await command(rest, terminal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.err(`tokenstile: ${error.message}`);
    if (error.code === exitCode.misused) terminal.err("`tokenstile help` shows what there is.");
    return error.code;
  }
}

/** `start --help` is `help start`, and `--help` alone is `help`. */
function withHelpFirst(args: string[]): string[] {
  const asks = args.some((arg) => arg === "--help" || arg === "-h");
  return asks ? ["help", ...args.filter((arg) => !arg.startsWith("-")).slice(0, 1)] : args;
}
