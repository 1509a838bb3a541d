/** Why a document is not JSON (RFC 8259), or not JSON that the scanner is willing to read. */
export const enum JsonError {
  None,
  /** The document begins with a byte order mark (RFC 8259 section 8.1). */
  ByteOrderMark,
  /** A byte that cannot stand here: a wrong literal, a missing comma, colon, quote or value. */
  BadToken,
  /** A backslash that is followed by none of the escapes of RFC 8259 section 7. */
  BadEscape,
  /** A byte below 0x20 inside a string. */
  ControlInString,
  /** A number outside the grammar of RFC 8259 section 6: leading zero, missing digits, ... */
  BadNumber,
  /** More than `jsonDepthMax` containers open at once. */
  TooDeep,
  /** The document ended before its root value did. */
  Truncated,
  /** Something other than white space after the root value. */
  TrailingBytes,
}
