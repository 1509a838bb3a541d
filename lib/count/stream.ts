import type { CountModule } from "./module.ts";
import { checkText, isHighSurrogate, slicesOf, type Text } from "./text.ts";

/** Streams that were dropped without a word; disposing of them in time is the better way. */
const dropped = new FinalizationRegistry<() => void>((dispose) => dispose());

/**
 * Counts a text that arrives in chunks, without keeping it: as many tokens as the whole text has,
 * wherever it is cut, also within a character. `finish` ends it; a stream that is given up is to be
 * disposed of (`dispose`, or `using`), for the module has room for 65,536 at once.
 */
export class CounterStream {
  readonly #module: CountModule;
  readonly #stream: number;
  /** A high surrogate that ended the last string: the next one may complete it. */
  #halfChar = "";
  #state: "open" | "finished" | "disposed" = "open";
  #tokens = 0;
  #exact = true;

  /** @internal */
  constructor(module: CountModule, encoding: number) {
    this.#module = module;
    this.#stream = module.start(encoding);
    if (this.#stream < 0) {
      throw new Error("Too many streams are open: finish or dispose of those no longer needed.");
    }
    const stream = this.#stream;
    dropped.register(this, () => module.dispose(stream), this);
  }

  /** Takes the next chunk. Throws a TypeError for what is neither a string nor a Uint8Array. */
  feed(text: Text): void {
    checkText(text, "feed");
    if (this.#state !== "open") throw new Error(`The stream is ${this.#state}; start another.`);
    if (text.length === 0) return;
    if (typeof text === "string") this.#feedString(text);
    else {
      this.#feedHalfChar();
      for (const slice of slicesOf(text)) this.#module.feed(this.#stream, slice);
    }
  }

  /** The text is over: the number of its tokens. Asked again, it answers the same. */
  finish(): number {
    if (this.#state === "disposed") throw new Error("The stream is disposed; start another.");
    if (this.#state === "finished") return this.#tokens;
    this.#feedHalfChar();
    this.#tokens = this.#module.finish(this.#stream);
    this.#exact = this.#module.isExact(this.#stream);
    this.#release("finished");
    return this.#tokens;
  }

  /**
   * The tokens of which it is certain that the text has them, whatever follows; after `finish` all
   * of them. What an early stop looks at.
   */
  get tokens(): number {
    return this.#state === "open" ? this.#module.tokens(this.#stream) : this.#tokens;
  }

  /**
   * False once the text had a run of more than 64 KB of which only its end would tell how it is cut
   * (by o200k_base: capitals behind a letter without case). Some tokens of it are a guess.
   */
  get exact(): boolean {
    return this.#state === "open" ? this.#module.isExact(this.#stream) : this.#exact;
  }

  /** Gives the stream up. Does no harm after `finish`, or twice. */
  dispose(): void {
    if (this.#state === "open") this.#release("disposed");
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #feedString(text: string): void {
    const whole = this.#halfChar + text;
    const isCut = isHighSurrogate(whole.charCodeAt(whole.length - 1));
    this.#halfChar = isCut ? whole.slice(-1) : "";
    const chars = isCut ? whole.slice(0, -1) : whole;
    for (const slice of slicesOf(chars)) this.#module.feed(this.#stream, slice);
  }

  /** Nothing completes it: alone it is encoded as U+FFFD. */
  #feedHalfChar(): void {
    if (this.#halfChar !== "") this.#module.feed(this.#stream, this.#halfChar);
    this.#halfChar = "";
  }

  #release(state: "finished" | "disposed"): void {
    this.#state = state;
    dropped.unregister(this);
    this.#module.dispose(this.#stream);
  }
}
