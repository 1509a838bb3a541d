/** Reached only by a defect: a bounds check or an assertion of the compiler's own library. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}
