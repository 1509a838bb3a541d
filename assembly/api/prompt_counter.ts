import { TextCounter } from "../bpe/counter";
import { Encoding } from "../bpe/encoding";
import { JsonScanner } from "../json/scanner";
import { Payer } from "../memo/payer";
import { newSpanCounter, SpanCounter } from "../memo/span_counter";
import { Walker } from "./walker";

/**
 * Counts the texts of a prompt, each for itself, while a walker reads them: piece by piece as they
 * are unescaped, or where counts are remembered, from their raw bytes by a `SpanCounter`. Both give
 * the same count and find the same mistakes.
 */
@unmanaged
export class PromptCounter {
  /** Of the text that was closed last. */
  tokens: u64;
  /** False where a piece of it was too long to be counted exactly. */
  exact: bool;
  private encoding: Encoding;
  private remembers: bool;
  private texts: TextCounter;
  /** Made at the first need, and kept. */
  private spans: SpanCounter | null;

  /** For all texts to come; with a payer, counts are remembered for the next time it sends them. */
  start(encoding: Encoding, payer: Payer | null): void {
    this.encoding = encoding;
    this.remembers = false;
    this.texts.dispose();
    this.texts.start(encoding);
    if (payer === null || encoding == Encoding.None) return;
    const spans = this.spans;
    const counter = spans !== null ? spans : newSpanCounter();
    counter.startFor(encoding, payer);
    this.spans = counter;
    this.remembers = true;
  }

  /** At a text's opening: asks the walker for it. */
  open(walker: Walker): void {
    const spans = this.spans;
    if (this.remembers && spans !== null) {
      walker.wantRaw();
      spans.begin();
    } else {
      walker.wantText();
    }
  }

  /** The next piece. False when the document is to be refused: the scanner then says why. */
  piece(scanner: JsonScanner): bool {
    const spans = this.spans;
    if (!this.remembers || spans === null) {
      this.texts.feed(scanner.textPtr, scanner.textBytes);
      return true;
    }
    if (spans.feed(scanner.textPtr, scanner.textBytes, scanner.rawEnds)) return true;
    return failSpan(spans, scanner);
  }

  /** The text is over: `tokens` is its count. False as in `piece`. */
  close(scanner: JsonScanner): bool {
    const spans = this.spans;
    if (this.remembers && spans !== null) {
      if (!spans.finish()) return failSpan(spans, scanner);
      this.tokens = spans.tokens;
      this.exact = spans.exact;
      return true;
    }
    this.tokens = this.texts.finish();
    this.exact = this.texts.exact;
    this.texts.start(this.encoding);
    return true;
  }

  /** Of the text that is open, as far as they are certain. */
  get tokensSoFar(): u64 {
    const spans = this.spans;
    return this.remembers && spans !== null ? spans.tokensSoFar : this.texts.tokens;
  }

  /** The text that is open is not counted to its end: its request is refused. */
  giveUp(): void {
    this.texts.dispose();
    this.texts.start(this.encoding);
    const spans = this.spans;
    if (spans !== null) spans.begin();
  }

  /**
   * The document is over, be it inside of a text. False when something was wrong with that text
   * before: it is looked at when it is whole, as a rule, which it will not be.
   */
  end(scanner: JsonScanner): bool {
    const spans = this.spans;
    if (!scanner.readsRaw || spans === null) return true;
    return spans.check() || failSpan(spans, scanner);
  }

  dispose(): void {
    this.texts.dispose();
    heap.free(changetype<usize>(this.texts));
    const spans = this.spans;
    if (spans !== null) spans.dispose();
    heap.free(changetype<usize>(this));
  }

  init(): PromptCounter {
    memory.fill(changetype<usize>(this), 0, offsetof<PromptCounter>());
    this.texts = changetype<TextCounter>(heap.alloc(offsetof<TextCounter>()));
    this.texts.start(Encoding.None);
    return this;
  }
}

function failSpan(spans: SpanCounter, scanner: JsonScanner): bool {
  scanner.failAt(spans.error, scanner.tokenStart + 1 + spans.errorOffset);
  return false;
}

export function newPromptCounter(): PromptCounter {
  return changetype<PromptCounter>(heap.alloc(offsetof<PromptCounter>())).init();
}
