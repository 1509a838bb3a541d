/** What npm `tiktoken` counts: the reference that every figure is held against. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { get_encoding, type Tiktoken } from "tiktoken";
import { buildDir } from "../../tools/build.ts";
import type { encodings } from "./contestants.ts";

type EncodingName = (typeof encodings)[number];

/** Counts that were found before, for they take the reference longer than all else takes us. */
const remembered = join(buildDir, "bench", "counts.json");

export class References {
  readonly #encoders = new Map<EncodingName, Tiktoken>();
  readonly #known: Record<string, number>;

  constructor() {
    const kept = existsSync(remembered) ? readFileSync(remembered, "utf8") : "{}";
    this.#known = JSON.parse(kept) as Record<string, number>;
  }

  /** Tokens of a file; of each of its lines by itself, added up, where `lines` says so. */
  count(encoding: EncodingName, path: string, lines = false): number {
    const bytes = readFileSync(path);
    const hash = createHash("sha256").update(bytes).digest("hex");
    const key = `${encoding} ${lines ? "lines " : ""}${hash}`;
    return (this.#known[key] ??= this.#encode(encoding, bytes.toString(), lines));
  }

  /** Keeps what was counted for the next run. */
  keep(): void {
    writeFileSync(remembered, JSON.stringify(this.#known));
  }

  #encode(encoding: EncodingName, text: string, lines: boolean): number {
    const encoder = this.#encoders.get(encoding) ?? get_encoding(encoding);
    this.#encoders.set(encoding, encoder);
    const parts = lines ? text.split("\n") : [text];
    return parts.reduce((sum, part) => sum + encoder.encode_ordinary(part).length, 0);
  }
}
