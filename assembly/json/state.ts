/** Where in the grammar of RFC 8259 the scanner stands: what the next byte may be. */
export const enum JsonState {
  RootValue,
  MemberValue, // after a colon
  Element, // after a comma in an array
  ElementOrClose, // after [
  NameOrClose, // after {
  NameOpen, // after a comma in an object
  Colon,
  CommaOrClose,
  Trailing, // after the root value
  String, // inside quotes
  Escape, // after a backslash
  Hex, // after \u
  Literal, // inside true, false, null
  Number,
  Done,
  Failed,
}
