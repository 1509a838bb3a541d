import type { JsonLogEntry } from "../unit/json_log.ts";

type Container = unknown[] | Record<string, unknown>;

/**
 * Builds the value that a log of the scanner stands for, as JSON.parse would have: a repeated name
 * has its last value. Names longer than the scanner keeps are read from the document.
 */
export function valueOfLog(log: JsonLogEntry[], document: Buffer): unknown {
  const open: Container[] = [];
  const root: unknown[] = [];
  let name = "";
  let text = "";
  const put = (value: unknown) => {
    const into = open.at(-1) ?? root;
    if (Array.isArray(into)) into.push(value);
    else define(into, name, value);
  };
  for (const entry of log) {
    switch (entry.event) {
      case "ObjectOpen":
      case "ArrayOpen": {
        const container: Container = entry.event === "ObjectOpen" ? {} : [];
        put(container);
        open.push(container);
        break;
      }
      case "ObjectClose":
      case "ArrayClose":
        open.pop();
        break;
      case "Name":
        name = nameOf(entry, document);
        break;
      case "StringOpen":
        text = "";
        break;
      case "Text":
        text = entry.bytes.toString("utf8");
        break;
      case "StringClose":
        put(text);
        break;
      case "Number":
        put(Number(document.toString("latin1", entry.start, entry.end)));
        break;
      case "True":
      case "False":
        put(entry.event === "True");
        break;
      case "Null":
        put(null);
    }
  }
  return root[0];
}

function nameOf({ bytes, detail, start, end }: JsonLogEntry, document: Buffer): string {
  const overflowed = (detail & 1) !== 0;
  if (!overflowed) return bytes.toString("utf8");
  return wellFormed(JSON.parse(document.toString("utf8", start, end)) as string);
}

/** Lone surrogates as U+FFFD, which is how they leave the scanner. */
export function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** A value of JSON.parse with `wellFormed` strings and names. */
export function wellFormedValue(value: unknown): unknown {
  if (typeof value === "string") return wellFormed(value);
  if (Array.isArray(value)) return value.map(wellFormedValue);
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    define(copy, wellFormed(name), wellFormedValue(member));
  }
  return copy;
}

/** Plain assignment would call the setter of `__proto__`. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
