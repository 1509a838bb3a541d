/** Bytes as a quoted string that a log can show: as text where they are UTF-8, else as `<HH>`. */
export function showBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes);
  const text = buffer.toString("utf8");
  if (Buffer.from(text).equals(buffer)) return JSON.stringify(text);
  const shown = [...buffer].map((byte) =>
    byte >= 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `<${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  return `"${shown.join("")}"`;
}
