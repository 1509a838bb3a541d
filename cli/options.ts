import { parseArgs, type ParseArgsConfig } from "node:util";
import { Failure } from "./failure.ts";

type OptionSpecs = NonNullable<ParseArgsConfig["options"]>;
type Values<T extends OptionSpecs> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; strict: true; allowPositionals: true }>
>["values"];

/** What a command line says once it is known to be well formed. */
export interface Options<T extends OptionSpecs> {
  values: Values<T>;
  positionals: string[];
}

/**
 * Reads a command's options; unknown ones, and options without their value, are refused with a
 * sentence. `positionalsMax` is how many words may stand beside the options.
 */
export function readOptions<T extends OptionSpecs>(
  args: string[],
  options: T,
  positionalsMax = 0,
): Options<T> {
  try {
    const found = parseArgs({ args, options, strict: true, allowPositionals: true });
    const extra = found.positionals[positionalsMax];
    if (extra !== undefined) throw new Failure(`"${extra}" is one word too many.`);
    return { values: found.values as Values<T>, positionals: found.positionals };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(sentenceFor(error as NodeJS.ErrnoException));
  }
}

function sentenceFor(error: NodeJS.ErrnoException): string {
  const [option = "an option"] = /'([^']+)'/.exec(error.message)?.slice(1) ?? [];
  const plain = option.replace(/ <value>$/, "").replace(/^-\w, /, "");
  if (error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `There is no option ${plain} here.`;
  if (error.code !== "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") return error.message;
  return error.message.includes("does not take")
    ? `${plain} takes no value.`
    : `${plain} needs a value.`;
}

/** A TCP port from the command line: 0 (any free one) to 65535. */
export function readPort(text: string): number {
  return readWholeNumber(text, "--port", 0, 65_535);
}

/** A whole number from the command line, refused outside `min` to `max`. */
export function readWholeNumber(text: string, option: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new Failure(`${option} needs a whole number from ${min} to ${max}, not "${text}".`);
}
