/** Writes very small WebAssembly modules, to try what a host accepts (core specification, 5). */
export interface TinyFunction {
  /** Exported under this name. */
  name?: string;
  /** As `ii>i`. */
  signature: string;
  /** Calls the import of this index, with zeros; its result is dropped. */
  calls?: number;
  traps?: boolean;
}

export interface TinyModule {
  imports?: { module?: string; name: string; signature: string }[];
  functions: TinyFunction[];
  /** Runs this function in the start section. */
  start?: number;
  memoryPages?: number;
  memoryName?: string;
  importsGlobal?: boolean;
}

const codes: Record<string, number> = { i: 0x7f, I: 0x7e, f: 0x7d, F: 0x7c };
const zeros: Record<string, number[]> = { i: [0x41, 0], I: [0x42, 0] };

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

const text = (value: string): number[] => [...leb(value.length), ...Buffer.from(value)];
const list = (items: number[][]): number[] => [...leb(items.length), ...items.flat()];
const section = (id: number, body: number[]): number[] => [id, ...leb(body.length), ...body];

function split(signature: string): [string[], string[]] {
  const [parameters = "", results = ""] = signature.split(">");
  return [[...parameters], [...results]];
}

function body(definition: TinyFunction, imports: { signature: string }[]): number[] {
  const code: number[] = [0];
  if (definition.calls !== undefined) {
    const [parameters, results] = split(imports[definition.calls]?.signature ?? ">");
    for (const type of parameters) code.push(...(zeros[type] ?? []));
    code.push(0x10, ...leb(definition.calls), ...results.map(() => 0x1a));
  }
  if (definition.traps === true) code.push(0x00);
  const [, results] = split(definition.signature);
  for (const type of results) code.push(...(zeros[type] ?? []));
  code.push(0x0b);
  return [...leb(code.length), ...code];
}

/** The bytes of the module; its types are its imports' and functions', in order. */
export function tinyWasm(module: TinyModule): Uint8Array {
  const imports = module.imports ?? [];
  const { functions, memoryPages = 1, memoryName = "memory" } = module;
  const types = [...imports, ...functions].map(({ signature }) => {
    const [parameters, results] = split(signature);
    const coded = [parameters, results].map((side) => list(side.map((type) => [codes[type] ?? 0])));
    return [0x60, ...coded.flat()];
  });
  const wanted = imports.map(({ module: from = "env", name }, index) => [
    ...text(from),
    ...text(name),
    0,
    ...leb(index),
  ]);
  if (module.importsGlobal) wanted.push([...text("env"), ...text("g"), 3, 0x7f, 0]);
  const offered = functions.flatMap(({ name }, index) =>
    name === undefined ? [] : [[...text(name), 0, ...leb(imports.length + index)]],
  );
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list(wanted)),
    ...section(3, list(functions.map((_, index) => leb(imports.length + index)))),
    ...section(5, list([[0, ...leb(memoryPages)]])),
    ...section(7, list([...offered, [...text(memoryName), 2, 0]])),
    ...(module.start === undefined ? [] : section(8, leb(imports.length + module.start))),
    ...section(10, list(functions.map((definition) => body(definition, imports)))),
  ];
  return Uint8Array.from(bytes);
}
