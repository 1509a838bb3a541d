import type { CountModule } from "./module.ts";
import { CounterStream } from "./stream.ts";
import { checkText, sliceLength, slicesOf, type Text } from "./text.ts";

/** The module's limits are 32 bits wide. */
const moduleTokensMax = 2 ** 31 - 1;
/** Length of text that is looked at for each token that a limit allows, and at least. */
const tillLengthPerToken = 8;
const tillLengthMin = 1024;

/**
 * Counts tokens by one encoding, as its publisher's encoder does. A text that spells a special
 * token of OpenAI's is text. Lone surrogates in a string, and bytes that are not UTF-8, count as
 * U+FFFD; a byte order mark as the character that it is.
 *
 * Exact for all texts of up to 60 MB, and for larger ones that have no run of the one kind that no
 * bounded memory decides (see `CounterStream.exact`).
 */
export class Counter {
  /** The name that it was loaded by. */
  readonly encoding: string;
  readonly #module: CountModule;
  readonly #number: number;

  /** @internal */
  constructor(module: CountModule, encoding: string, number: number) {
    this.encoding = encoding;
    this.#module = module;
    this.#number = number;
  }

  /** The tokens of a text. Throws a TypeError for what is neither a string nor a Uint8Array. */
  count(text: Text): number {
    checkText(text, "count");
    if (text.length <= sliceLength) return this.#module.count(this.#number, text);
    return this.#countSlices(text, sliceLength, Infinity);
  }

  /**
   * The tokens of a text if they are `max` or fewer, else `max + 1`: what lies far behind the limit
   * is not looked at. Throws a TypeError for what is no text, a RangeError for `max` below 0.
   */
  countTillLimit(text: Text, max: number): number {
    checkText(text, "countTillLimit");
    if (!(max >= 0)) throw new RangeError(`countTillLimit takes a limit from 0 up, not ${max}.`);
    const tokensMax = Math.floor(max);
    const length = Math.min(Math.max(tokensMax * tillLengthPerToken, tillLengthMin), sliceLength);
    const tokens =
      text.length <= length
        ? this.#module.countTill(this.#number, text, Math.min(tokensMax, moduleTokensMax))
        : this.#countSlices(text, length, tokensMax);
    return Math.min(tokens, tokensMax + 1);
  }

  /** Begins a text that arrives in chunks. Throws an Error when 65,536 streams are open. */
  stream(): CounterStream {
    return new CounterStream(this.#module, this.#number);
  }

  /** Slice by slice, until there are more than `tokensMax`; some number above it then. */
  #countSlices(text: Text, length: number, tokensMax: number): number {
    const stream = this.stream();
    try {
      for (const slice of slicesOf(text, length)) {
        stream.feed(slice);
        if (stream.tokens > tokensMax) break;
      }
      const tokens = stream.tokens > tokensMax ? stream.tokens : stream.finish();
      // A run that a stream cannot hold can be counted when all of it is there.
      return stream.exact ? tokens : (this.#module.countWhole(this.#number, text) ?? tokens);
    } finally {
      stream.dispose();
    }
  }
}
