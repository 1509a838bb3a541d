/** Where a command writes: results to one stream, everything else to the other. */
export interface Terminal {
  /** One line of the result. */
  out(line: string): void;
  /** One line about the run: notes, refusals. */
  err(line: string): void;
  /**
   * Writes its text over the line it wrote last, and takes that away for an empty one. Only where
   * somebody watches: it is undefined where the output goes elsewhere.
   */
  status?: (text: string) => void;
}

const eraseLine = "\r\x1b[K";

function showStatus(text: string): void {
  const { stderr } = process;
  stderr.write(eraseLine + text.slice(0, (stderr.columns || 80) - 1));
}

/** The terminal that the process was started in. */
export const processTerminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  ...(process.stderr.isTTY ? { status: showStatus } : {}),
};
