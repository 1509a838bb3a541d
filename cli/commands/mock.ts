import { exitCode, Failure } from "../failure.ts";
import { startMockProvider } from "../mock/provider.ts";
import { readOptions, readPort } from "../options.ts";
import { untilInterrupted } from "../interrupt.ts";
import type { Terminal } from "../terminal.ts";

/** Runs one mock provider until Ctrl-C. */
export async function mock(args: string[], terminal: Terminal): Promise<number> {
  const { values } = readOptions(args, { port: { type: "string" }, name: { type: "string" } });
  const name = values.name ?? "mock";
  const port = readPort(values.port ?? "0");
  if (!/^[\x21-\x7e]{1,64}$/.test(name)) {
    throw new Failure("--name needs 1 to 64 visible ASCII characters.");
  }
  const provider = await startMockProvider(name, port).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`Port ${port} cannot be used (${error.code}).`);
  });
  terminal.out(`${name} answers at ${provider.url}/v1/chat/completions`);
  await untilInterrupted();
  await provider.close();
  return exitCode.done;
}
