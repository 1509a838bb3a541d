import type { ForeignFunction } from "../../host/foreign.ts";
import type { Explanation } from "./explanation.ts";

/** What the module itself tells of a request while `attach.explain` is on. */
export class ModuleReport {
  /** What it told when it settled; null: it let the request pass unread. */
  settlement: Partial<Explanation> | null = null;
  #textsByChoice = new Map<number, Uint8Array[]>();

  /** The foreign functions that the module calls, by name. */
  readonly foreignFunctions: Record<string, ForeignFunction> = {
    "tokenstile.delivered": (argument) => {
      this.#addPiece(Buffer.from(argument));
      return null;
    },
    "tokenstile.explain": (argument) => {
      const text = Buffer.from(argument).toString("utf8");
      this.settlement = JSON.parse(text) as Partial<Explanation>;
      return null;
    },
  };

  /** A piece of delivered text: the number of its choice (u32, little endian), then UTF-8. */
  #addPiece(argument: Buffer): void {
    const choice = argument.readUInt32LE(0);
    const pieces = this.#textsByChoice.get(choice) ?? [];
    pieces.push(argument.subarray(4));
    this.#textsByChoice.set(choice, pieces);
  }

  /** The text that the client was given; of several choices one after the other. */
  get deliveredText(): string {
    const choices = [...this.#textsByChoice].sort(([a], [b]) => a - b);
    return choices.map(([, pieces]) => Buffer.concat(pieces).toString("utf8")).join("");
  }
}
