/** Times cells in turn, round after round, so that a slow moment hits all of them. */

export interface Cell {
  name: string;
  /** Does the work once with the `turn`th of its inputs; answers how many units that were. */
  run(turn: number): number;
}

export interface RoundsOptions {
  rounds: number;
  /** How long one cell is measured in one round. */
  cellMs: number;
  /** How long it runs before the first round: the engine compiles what turns out to be hot. */
  warmUpMs: number;
}

/** Microseconds a unit, one number a round, by the cell's name. */
export function timeCells(cells: Cell[], options: RoundsOptions): Map<string, number[]> {
  const turns = new Map(cells.map((cell) => [cell.name, 0]));
  const found = new Map<string, number[]>(cells.map((cell) => [cell.name, []]));
  const measure = (cell: Cell, forMs: number): number => {
    let turn = turns.get(cell.name) ?? 0;
    let units = 0;
    const startMs = performance.now();
    let nowMs = startMs;
    do {
      units += cell.run(turn++);
      nowMs = performance.now();
    } while (nowMs - startMs < forMs);
    turns.set(cell.name, turn);
    return ((nowMs - startMs) * 1000) / units;
  };
  for (const cell of cells) measure(cell, options.warmUpMs);
  for (let round = 0; round < options.rounds; round++) {
    const order = round % 2 ? [...cells].reverse() : cells;
    for (const cell of order) found.get(cell.name)?.push(measure(cell, options.cellMs));
  }
  return found;
}
