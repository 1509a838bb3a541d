/** How far a number has been read; the four `may end` phases are whole numbers already. */
export const enum NumberPhase {
  Sign,
  Zero, // may end
  Integer, // may end
  Point,
  Fraction, // may end
  Exponent,
  ExponentSign,
  ExponentDigits, // may end
  Ended,
  Bad,
}

/** The phase after a number's first byte, which is `-` or a digit. */
export function firstNumberPhase(byte: u32): NumberPhase {
  if (byte == 0x2d) return NumberPhase.Sign;
  return byte == 0x30 ? NumberPhase.Zero : NumberPhase.Integer;
}

/** Whether a number may stop in this phase (RFC 8259 section 6). */
export function isWholeNumber(phase: NumberPhase): bool {
  const whole =
    (1 << NumberPhase.Zero) |
    (1 << NumberPhase.Integer) |
    (1 << NumberPhase.Fraction) |
    (1 << NumberPhase.ExponentDigits);
  return ((whole >> phase) & 1) != 0;
}

/** The phase after one more byte: `Ended` if the byte is no part of a number that may stop here. */
export function nextNumberPhase(phase: NumberPhase, byte: u32): NumberPhase {
  if (byte - 0x30 < 10) return phaseAfterDigit(phase, byte);
  const mayHavePoint = phase == NumberPhase.Zero || phase == NumberPhase.Integer;
  if (byte == 0x2e) return mayHavePoint ? NumberPhase.Point : NumberPhase.Bad;
  if ((byte | 0x20) == 0x65) {
    const mayHaveExponent = mayHavePoint || phase == NumberPhase.Fraction;
    return mayHaveExponent ? NumberPhase.Exponent : NumberPhase.Bad;
  }
  if (byte == 0x2b || byte == 0x2d) {
    return phase == NumberPhase.Exponent ? NumberPhase.ExponentSign : NumberPhase.Bad;
  }
  return isWholeNumber(phase) ? NumberPhase.Ended : NumberPhase.Bad;
}

function phaseAfterDigit(phase: NumberPhase, byte: u32): NumberPhase {
  switch (phase) {
    case NumberPhase.Sign:
      return firstNumberPhase(byte);
    case NumberPhase.Integer:
      return NumberPhase.Integer;
    case NumberPhase.Point:
    case NumberPhase.Fraction:
      return NumberPhase.Fraction;
    case NumberPhase.Exponent:
    case NumberPhase.ExponentSign:
    case NumberPhase.ExponentDigits:
      return NumberPhase.ExponentDigits;
    default:
      return NumberPhase.Bad; // a digit after a leading zero
  }
}
