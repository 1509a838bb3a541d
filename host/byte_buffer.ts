/** A body in pieces: what a stream holds between the wire and a filter. Pieces are never copied. */
export class ByteBuffer {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  static of(piece: Uint8Array): ByteBuffer {
    const buffer = new ByteBuffer();
    buffer.add(piece);
    return buffer;
  }

  get length(): number {
    return this.#bytes;
  }

  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  prepend(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.unshift(piece);
    this.#bytes += piece.length;
  }

  /** Takes every piece of another buffer, which is empty afterwards. */
  move(other: ByteBuffer): void {
    for (const piece of other.take()) this.add(piece);
  }

  /** Empties the buffer and answers its pieces. */
  take(): Uint8Array[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    return pieces;
  }

  /** Drops bytes from the front. */
  drain(bytes: number): void {
    let left = Math.min(bytes, this.#bytes);
    this.#bytes -= left;
    while (left > 0) {
      const first = this.#pieces[0] as Uint8Array;
      if (first.length > left) {
        this.#pieces[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.#pieces.shift();
    }
  }

  /** Copies `bytes` from `start` to the front of `target`. */
  copyOut(start: number, bytes: number, target: Uint8Array): void {
    let skip = start;
    let written = 0;
    for (const piece of this.#pieces) {
      if (written === bytes) return;
      if (skip >= piece.length) {
        skip -= piece.length;
        continue;
      }
      const part = piece.subarray(skip, skip + bytes - written);
      target.set(part, written);
      written += part.length;
      skip = 0;
    }
  }
}
