/** What `JsonScanner` reports; `More` asks for the next chunk, `Done` and `Fail` are final. */
export const enum JsonEvent {
  More,
  ObjectOpen,
  ObjectClose,
  ArrayOpen,
  ArrayClose,
  Name,
  StringOpen,
  Text,
  StringClose,
  Number,
  True,
  False,
  Null,
  Done,
  Fail,
}
