/** The exit codes of every command. */
export const exitCode = {
  done: 0,
  /** The command ran and the answer is no: a mistaken policy, a tour step that went wrong. */
  failed: 1,
  /** The command was not understood, or lacks something to run: an option, a file, an Envoy. */
  misused: 2,
} as const;

/** A reason to stop, told to the user as a sentence and without a stack. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly code: number = exitCode.misused,
  ) {
    super(message);
  }
}
