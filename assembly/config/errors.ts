import { configErrorsMax } from "../bounds";

/** One mistake: where it stands (`policy.models.gpt-4o.targets[0].weight`), and what is wrong. */
export class ConfigError {
  constructor(
    public readonly path: string,
    public readonly reason: string,
  ) {}
}

/** Where a mistake of the document as a whole stands. */
export const documentPath: string = "configuration";

/** The mistakes met so far, at most `configErrorsMax` of them; the rest are counted. */
export class ConfigErrors {
  list: Array<ConfigError> = [];
  private unlisted: u32 = 0;

  add(path: string, reason: string): void {
    if (this.full) this.unlisted += 1;
    else this.list.push(new ConfigError(path, reason));
  }

  /** No more will be listed, so that making up a reason is wasted work. */
  get full(): bool {
    return this.list.length >= configErrorsMax;
  }

  /** Ends the list with the number of those that it leaves out. */
  close(): void {
    if (this.unlisted == 0) return;
    this.list.push(new ConfigError(documentPath, "and " + this.unlisted.toString() + " more"));
    this.unlisted = 0;
  }
}
