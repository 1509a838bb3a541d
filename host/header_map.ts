import type { Pairs } from "./abi.ts";

/**
 * Headers in their order, repeats kept, names in lower case. Values are byte strings (one character
 * a byte). In a request map `host` is another name of `:authority`, as in Envoy.
 */
export class HeaderMap {
  #pairs: Pairs = [];

  constructor(
    pairs: Pairs = [],
    readonly isRequest = false,
  ) {
    for (const [name, value] of pairs) this.add(name, value);
  }

  get size(): number {
    return this.#pairs.length;
  }

  /** The first value, as host calls see it. */
  get(name: string): string | null {
    const key = this.#key(name);
    for (const pair of this.#pairs) if (pair[0] === key) return pair[1];
    return null;
  }

  /** All values with commas between, as properties see them. */
  joined(name: string): string | null {
    const key = this.#key(name);
    const values = this.#pairs.filter((pair) => pair[0] === key).map(([, value]) => value);
    return values.length === 0 ? null : values.join(",");
  }

  add(name: string, value: string): void {
    this.#pairs.push([this.#key(name), value]);
  }

  /** Sets the one value of a name: the first keeps its place, others go. */
  replace(name: string, value: string): void {
    const key = this.#key(name);
    const first = this.#pairs.findIndex((pair) => pair[0] === key);
    if (first < 0) {
      this.#pairs.push([key, value]);
      return;
    }
    this.#pairs = this.#pairs.filter((pair, index) => pair[0] !== key || index === first);
    this.#pairs[first] = [key, value];
  }

  remove(name: string): void {
    const key = this.#key(name);
    this.#pairs = this.#pairs.filter((pair) => pair[0] !== key);
  }

  clear(): void {
    this.#pairs = [];
  }

  pairs(): Pairs {
    return this.#pairs.map(([name, value]) => [name, value]);
  }

  /** Bytes of all names and values. */
  get bytes(): number {
    return this.#pairs.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  }

  #key(name: string): string {
    const key = name.toLowerCase();
    return this.isRequest && key === "host" ? ":authority" : key;
  }
}
