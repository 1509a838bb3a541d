import type { Terminal } from "../terminal.ts";

/** What was found in one input, or in all of them. */
export interface Tally {
  bytes: number;
  tokens: number;
  /** False where some of the tokens are guessed. */
  exact: boolean;
}

/** Writes results as `wc` does: a number and a name a line; or a JSON object a line. */
export class CountReport {
  readonly #terminal: Terminal;
  readonly #encoding: string;
  readonly #asJson: boolean;
  readonly #columns: number;

  /** `columns` is the width that numbers are brought to, so that those in a table stand in line. */
  constructor(terminal: Terminal, encoding: string, asJson: boolean, columns: number) {
    this.#terminal = terminal;
    this.#encoding = encoding;
    this.#asJson = asJson;
    this.#columns = columns;
  }

  /** A file; without a name, standard input that nobody named. */
  file(name: string | null, tally: Tally): void {
    if (this.#asJson) this.#json({ file: name ?? "-" }, tally);
    else this.#line(name, tally);
    if (tally.exact) return;
    const title = name ?? "standard input";
    this.#terminal.err(`${shown(title)}: one run in it is so long that its count is a guess.`);
  }

  total(files: number, tally: Tally): void {
    if (this.#asJson) this.#json({ files }, tally);
    else this.#line("total", tally);
  }

  #json(what: Record<string, unknown>, { bytes, tokens, exact }: Tally): void {
    this.#terminal.out(JSON.stringify({ ...what, encoding: this.#encoding, bytes, tokens, exact }));
  }

  #line(name: string | null, { tokens }: Tally): void {
    const number = String(tokens).padStart(this.#columns);
    this.#terminal.out(name === null ? number : `${number} ${shown(name)}`);
  }
}

/** A name that keeps to its line and cannot steer a terminal. */
export function shown(name: string): string {
  return name.replace(
    /[\x00-\x1f\x7f-\x9f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
