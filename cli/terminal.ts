/** Where a command writes: results to one stream, everything else to the other. */
export interface Terminal {
  /** One line of the result. */
  out(line: string): void;
  /** One line about the run: notes, refusals. */
  err(line: string): void;
}

/** The terminal that the process was started in. */
export const processTerminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
};
