/** What a counting export answers in place of a number when it has none: all are below zero. */
export const enum CountFault {
  /** This build carries no encoding of that name or number. */
  Encoding = -1,
  /** The bytes do not lie in a text buffer. */
  Text = -2,
  /** There is no such stream: it was never started, or has been disposed of. */
  Stream = -3,
  /** The stream is finished, and takes no more text. */
  Finished = -4,
  /** As many streams are open, or as much memory is in use, as there may be. */
  Room = -5,
}
