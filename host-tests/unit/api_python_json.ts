/**
 * A JSON value as Python's `json.dumps(value, ensure_ascii=False, indent=...)` writes it, which is
 * what chat templates show of tools. Indentation stops at eight levels, as the module's does.
 */
export function pythonJson(value: unknown, indent?: number, depth = 0): string {
  const isArray = Array.isArray(value);
  if (!isArray && (typeof value !== "object" || value === null)) return JSON.stringify(value);
  const items = isArray
    ? value.map((item: unknown) => pythonJson(item, indent, depth + 1))
    : Object.entries(value).map(
        ([name, item]) => `${JSON.stringify(name)}: ${pythonJson(item, indent, depth + 1)}`,
      );
  const [open, close] = isArray ? "[]" : "{}";
  if (items.length === 0) return `${open}${close}`;
  if (indent === undefined) return `${open}${items.join(", ")}${close}`;
  const line = (level: number): string => `\n${" ".repeat(indent * Math.min(level, 8))}`;
  return `${open}${line(depth + 1)}${items.join(`,${line(depth + 1)}`)}${line(depth)}${close}`;
}
