const linesMax = 20_000;

/** Appends to a log that is kept in memory; the oldest half goes when it is full. */
export function pushBounded<Line>(lines: Line[], line: Line): void {
  if (lines.length >= linesMax) lines.splice(0, linesMax / 2);
  lines.push(line);
}
