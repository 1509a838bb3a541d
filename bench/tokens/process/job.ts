/** What one process is told to do, and what it says; the Python side (peers.py) speaks the same. */

/** One text to count. */
export interface Task {
  /** Told back with the result. */
  name: string;
  /** The text, in UTF-8. */
  path: string;
  /** How often it is counted: the first time it is fresh, then the process has seen it. */
  passes: number;
  /** Each line is counted by a call of its own. */
  lines?: boolean;
}

export interface Job {
  engine: string;
  encoding: string;
  /** The folder of OpenAI's vocabulary files. */
  vocabularies: string;
  /**
   * `cpu`: times are what the process ran on its core, all threads together. On a machine that does
   * nothing else this is the time on the wall; on another it is nearer to that than the wall is.
   */
  clock: "cpu" | "wall";
  /** Counted `passes` times before the first task. */
  warmUp: { path: string; passes: number };
  tasks: Task[];
}

/** The engine is loaded and has counted one word. */
export interface Ready {
  kind: "ready";
  startMs: number;
  /** Resident memory that this took. */
  addedMib: number;
}

export interface Counted {
  kind: "counted";
  name: string;
  tokens: number;
  /** One time a pass. */
  ms: number[];
}

/** The engine gave up on a text: some do, on long runs. */
export interface Failed {
  kind: "failed";
  name: string;
  why: string;
}

export interface Ended {
  kind: "ended";
  /** Resident memory since before the engine was loaded, now and at most. */
  addedMib: number;
  peakMib: number;
  /** The engine's own linear memory, where it has one and tells. */
  linearBytes: number | null;
}

export type Said = Ready | Counted | Failed | Ended;
