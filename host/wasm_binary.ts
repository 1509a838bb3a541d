/**
 * Reads the function types, imports and exports of a WebAssembly binary.
 *
 * `WebAssembly.Module.imports` gives names and kinds but no types, and Envoy refuses an import
 * whose type differs, so the sections are read here (WebAssembly core specification, section 5.5).
 */
export interface WasmImport {
  module: string;
  name: string;
  kind: "function" | "table" | "memory" | "global" | "tag";
  /** Of a function: such as `iiI>i` (i: i32, I: i64, f: f32, F: f64, ?: other). */
  signature: string;
}

export interface WasmShape {
  imports: WasmImport[];
  /** Signatures of exported functions by name. */
  functions: Map<string, string>;
  memories: string[];
  /** Pages of the module's own memory at start. */
  memoryPagesMin: number;
  hasStartSection: boolean;
}

const kinds = ["function", "table", "memory", "global", "tag"] as const;
const valueTypes: Record<number, string> = { 0x7f: "i", 0x7e: "I", 0x7d: "f", 0x7c: "F" };

class Reader {
  offset = 0;
  constructor(readonly bytes: Uint8Array) {}

  byte(): number {
    const value = this.bytes[this.offset++];
    if (value === undefined) throw new Error("the module ends early");
    return value;
  }

  /** Unsigned LEB128. */
  number(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.byte();
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const bytes = this.number();
    this.offset += bytes;
    return Buffer.from(this.bytes.subarray(this.offset - bytes, this.offset)).toString("utf8");
  }

  /** Limits of a table or memory; the minimum. */
  limits(): number {
    const flags = this.byte();
    const least = this.number();
    if (flags & 1) this.number();
    return least;
  }
}

/** Answers what the module imports and exports; throws on bytes that are no module. */
export function readWasmShape(bytes: Uint8Array): WasmShape {
  const reader = new Reader(bytes);
  if (Buffer.from(bytes.subarray(0, 4)).toString("latin1") !== "\0asm") {
    throw new Error("not a WebAssembly module");
  }
  reader.offset = 8;
  const types: string[] = [];
  const functionTypes: number[] = [];
  const shape: WasmShape = {
    imports: [],
    functions: new Map(),
    memories: [],
    memoryPagesMin: 0,
    hasStartSection: false,
  };
  while (reader.offset < bytes.length) {
    const id = reader.byte();
    const end = reader.number() + reader.offset;
    if (id === 1) readTypes(reader, types);
    else if (id === 2) readImports(reader, types, functionTypes, shape);
    else if (id === 3) times(reader, () => functionTypes.push(reader.number()));
    else if (id === 5) times(reader, () => (shape.memoryPagesMin = reader.limits()));
    else if (id === 7) readExports(reader, types, functionTypes, shape);
    else if (id === 8) shape.hasStartSection = true;
    reader.offset = end;
  }
  return shape;
}

function times(reader: Reader, read: () => void): void {
  for (let left = reader.number(); left > 0; left--) read();
}

function readTypes(reader: Reader, types: string[]): void {
  times(reader, () => {
    if (reader.byte() !== 0x60) throw new Error("a type that is not a plain function");
    let signature = "";
    times(reader, () => (signature += valueTypes[reader.byte()] ?? "?"));
    signature += ">";
    times(reader, () => (signature += valueTypes[reader.byte()] ?? "?"));
    types.push(signature);
  });
}

function readImports(
  reader: Reader,
  types: string[],
  functionTypes: number[],
  shape: WasmShape,
): void {
  times(reader, () => {
    const module = reader.text();
    const name = reader.text();
    const kind = kinds[reader.byte()] ?? "tag";
    let signature = "";
    if (kind === "function") {
      const type = reader.number();
      functionTypes.push(type);
      signature = types[type] ?? "?";
    } else if (kind === "memory") {
      shape.memoryPagesMin = reader.limits();
    } else if (kind === "table") {
      reader.byte();
      reader.limits();
    } else {
      reader.byte();
      reader.byte();
    }
    shape.imports.push({ module, name, kind, signature });
  });
}

function readExports(
  reader: Reader,
  types: string[],
  functionTypes: number[],
  shape: WasmShape,
): void {
  times(reader, () => {
    const name = reader.text();
    const kind = kinds[reader.byte()];
    const index = reader.number();
    if (kind === "function") shape.functions.set(name, types[functionTypes[index] ?? -1] ?? "?");
    else if (kind === "memory") shape.memories.push(name);
  });
}
