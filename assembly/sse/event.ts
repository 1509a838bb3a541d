/** What `SseReader.next()` reports; `More` asks for the next chunk. */
export const enum SseEvent {
  More,
  /** A piece of a data line's value, one byte or more. */
  Data,
  /** The data line ended. */
  DataEnd,
  /** A blank line dispatched the event. */
  EventEnd,
}
