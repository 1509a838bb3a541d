import { readFileSync } from "node:fs";
import { buildUnit } from "../../tools/build.ts";

/** The names of `RequestError`, in its order. */
const requestErrors = [
  "None",
  "NotJson",
  "NotAnObject",
  "RepeatedMember",
  "LookAlikeMember",
  "ModelMissing",
  "ModelNotAString",
  "ModelEmpty",
  "ModelTooLong",
  "ModelNotText",
  "StreamNotABoolean",
  "StreamOptionsNotAnObject",
  "OtherModels",
] as const;

/** The names of `JsonError`, in its order. */
export const jsonErrors = [
  "None",
  "ByteOrderMark",
  "BadToken",
  "BadEscape",
  "ControlInString",
  "BadNumber",
  "TooDeep",
  "Truncated",
  "TrailingBytes",
] as const;

/** The names of `Dialect`, in its order. */
const dialects = ["None", "Unmetered", "OpenAiChat"] as const;
export type DialectName = (typeof dialects)[number];

/** The words for framings in a policy, in the order of `Framing`. */
export const framingWords = [
  "none",
  "openai",
  "openai-0301",
  "openai-reasoning",
  "harmony",
  "chatml",
  "llama3",
  "llama3.1",
  "deepseek",
  "deepseek-v3.1",
  "mistral",
  "gemma",
] as const;
export type FramingWord = (typeof framingWords)[number];

/** The words for image rules in a policy, in the order of `ImageRule`. */
export const imageWords = [
  "gpt-4o",
  "gpt-4o-mini",
  "gpt-5",
  "o1",
  "computer-use",
  "gpt-4.1-mini",
  "gpt-4.1-nano",
  "o4-mini",
  "gpt-5-mini",
  "gpt-5-nano",
  "qwen-vl",
  "gemma3",
] as const;
export type ImageWord = (typeof imageWords)[number];

/** The names of `TextKind`, in its order. */
const textKinds = ["content", "refusal", "reasoning", "tool"] as const;

/** The names of `ResponseFind`, in its order; a record of kind 0 ends a document. */
const finds = [
  "DocumentEnd",
  "ModelOpen",
  "ModelClose",
  "Piece",
  "UsageNull",
  "RootClose",
  "End",
] as const;

/** Bytes laid around a path. */
const paddingBytes = 16;

export interface PathFacts {
  normal: string;
  ambiguous: boolean;
  dialect: DialectName;
}

export type EncodingNumber = 0 | 1 | 2;

/** How bytes are given: the size of the first chunk and of all later ones; in one if absent. */
export interface Cut {
  firstBytes?: number;
  chunkBytes?: number;
}

export interface RequestFacts {
  error: (typeof requestErrors)[number];
  jsonError: (typeof jsonErrors)[number];
  errorOffset: number;
  modelStart: number;
  modelEnd: number;
  stream: boolean;
  maxOutputTokens: bigint;
  streamOptionsInside: number;
  streamOptionsNullStart: number;
  streamOptionsNullEnd: number;
  streamOptionsEmpty: boolean;
  usageAsked: boolean;
  usageFalseStart: number;
  usageFalseEnd: number;
  rootEnd: number;
  promptTokens: number;
  /** What tools and the form of the answer come to, images and sound, and what is not read. */
  toolingTokens: number;
  mediaTokens: number;
  unreadTokens: number;
  textBytes: number;
  estimated: boolean;
  /** Counting stopped at the limit that was given. */
  overLimit: boolean;
  model: Buffer;
}

/** Something that a response's reader told its caller, as far as this find has it. */
export interface Find {
  find: (typeof finds)[number];
  start: number;
  end: number;
  kind: (typeof textKinds)[number];
  choice: number;
  bytes: Buffer;
}

export const usageKeys = [
  "input",
  "cachedRead",
  "cacheWrite",
  "output",
  "reasoning",
  "total",
] as const;
export type UsageFacts = Record<(typeof usageKeys)[number], bigint | null>;

export interface ResponseFacts {
  finds: Find[];
  /** As reported, and with what the total gives away. */
  usage: UsageFacts;
  derived: UsageFacts;
  ownTokens: number;
  exact: boolean;
  textBytes: number;
  /** Text came behind the last usage. */
  usageStale: boolean;
}

interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  allocate(bytes: number): number;
  release(ptr: number): void;
  logPtr(): number;
  countAs(framing: number, images: number, tokensMax: number): void;
  readRequest(p: number, n: number, first: number, chunk: number, encoding: number): number;
  startResponse(encoding: number): void;
  readDocument(p: number, n: number, first: number, chunk: number): void;
  finishResponse(): number;
  churn(times: number): void;
  normalise(ptr: number, bytes: number): number;
  normalPtr(): number;
  normalBytes(): number;
  ambiguous(): number;
  dialect(sendsBody: number, upgrades: number): number;
  folds(name: number, nameBytes: number, plain: number, plainBytes: number): number;
}

/** Drives the readers of `assembly/api` in WebAssembly. */
export class ApiModule {
  private constructor(private readonly exports: Exports) {}

  static async load(): Promise<ApiModule> {
    const bytes = readFileSync(await buildUnit("api"));
    const { instance } = await WebAssembly.instantiate(bytes, {});
    const exports = instance.exports as unknown as Exports;
    exports._initialize();
    return new ApiModule(exports);
  }

  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  churn(times: number): void {
    this.exports.churn(times);
  }

  /** How the requests to come are counted; without arguments as at first. */
  countAs(how: { framing?: FramingWord; images?: ImageWord; tokensMax?: number } = {}): void {
    const { framing = "openai", images = "gpt-4o", tokensMax = 0 } = how;
    this.exports.countAs(framingWords.indexOf(framing), imageWords.indexOf(images), tokensMax);
  }

  readRequest(body: Uint8Array, encoding: EncodingNumber, cut: Cut = {}): RequestFacts {
    const { first, chunk } = sizes(body, cut);
    const bytes = this.place(body, (ptr) =>
      this.exports.readRequest(ptr, body.length, first, chunk, encoding),
    );
    return requestFacts(this.read(this.exports.logPtr(), bytes));
  }

  /** Reads documents one after the other, each cut by its own. */
  readResponse(documents: [Uint8Array, Cut?][], encoding: EncodingNumber): ResponseFacts {
    this.exports.startResponse(encoding);
    for (const [document, cut = {}] of documents) {
      const { first, chunk } = sizes(document, cut);
      this.place(document, (ptr) => {
        this.exports.readDocument(ptr, document.length, first, chunk);
      });
    }
    const bytes = this.exports.finishResponse();
    return responseFacts(this.read(this.exports.logPtr(), bytes));
  }

  /** A path's normal form, and its dialect; null for one that is too long. */
  path(path: Uint8Array, how: { sendsBody?: boolean; upgrades?: boolean } = {}): PathFacts | null {
    return this.pathAmid(path, 0x2f, how);
  }

  /** As `path`, with this byte in memory all around. */
  pathAmid(
    path: Uint8Array,
    around: number,
    { sendsBody = true, upgrades = false }: { sendsBody?: boolean; upgrades?: boolean } = {},
  ): PathFacts | null {
    const { exports } = this;
    const padded = new Uint8Array(path.length + 2 * paddingBytes).fill(around);
    padded.set(path, paddingBytes);
    const fits = this.place(padded, (ptr) => exports.normalise(ptr + paddingBytes, path.length));
    if (!fits) return null;
    const normal = this.read(exports.normalPtr(), exports.normalBytes()).toString("latin1");
    const dialect = dialects[exports.dialect(sendsBody ? 1 : 0, upgrades ? 1 : 0)]!;
    return { normal, ambiguous: exports.ambiguous() !== 0, dialect };
  }

  /** All of memory but the first `bytes` of the buffer for normal forms. */
  memoryAroundPath(bytes: number): Buffer {
    const start = this.exports.normalPtr();
    const all = this.read(0, this.memoryBytes);
    return Buffer.concat([all.subarray(0, start), all.subarray(start + bytes)]);
  }

  foldsTo(name: Uint8Array, plain: Uint8Array): boolean {
    return this.place(name, (at) =>
      this.place(plain, (to) => this.exports.folds(at, name.length, to, plain.length) !== 0),
    );
  }

  /** For each letter every code point that is taken for it. */
  codePointsFoldingTo(letters: string): number[][] {
    const found = [...letters].map((): number[] => []);
    const ptr = this.exports.allocate(4 + letters.length);
    const memory = Buffer.from(this.exports.memory.buffer);
    memory.write(letters, ptr + 4, "latin1");
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      if (codePoint >= 0xd800 && codePoint < 0xe000) continue;
      const bytes = memory.write(String.fromCodePoint(codePoint), ptr, 4, "utf8");
      for (let at = 0; at < letters.length; at++) {
        if (this.exports.folds(ptr, bytes, ptr + 4 + at, 1)) found[at]!.push(codePoint);
      }
    }
    this.exports.release(ptr);
    return found;
  }

  private place<T>(bytes: Uint8Array, use: (ptr: number) => T): T {
    const ptr = this.exports.allocate(bytes.length);
    new Uint8Array(this.exports.memory.buffer).set(bytes, ptr);
    try {
      return use(ptr);
    } finally {
      this.exports.release(ptr);
    }
  }

  private read(ptr: number, bytes: number): Buffer {
    return Buffer.from(new Uint8Array(this.exports.memory.buffer, ptr, bytes));
  }
}

function sizes(bytes: Uint8Array, cut: Cut): { first: number; chunk: number } {
  const chunk = cut.chunkBytes ?? Math.max(bytes.length, 1);
  return { first: cut.firstBytes ?? chunk, chunk };
}

function requestFacts(raw: Buffer): RequestFacts {
  const words = Array.from({ length: 22 }, (_, at) => raw.readBigUInt64LE(at * 8));
  const whole = (at: number): number => Number(words[at]);
  const flag = (at: number): boolean => words[at] !== 0n;
  return {
    error: requestErrors[whole(0)]!,
    jsonError: jsonErrors[whole(1)]!,
    errorOffset: whole(2),
    modelStart: whole(3),
    modelEnd: whole(4),
    stream: flag(5),
    maxOutputTokens: words[6]!,
    streamOptionsInside: whole(7),
    streamOptionsNullStart: whole(8),
    streamOptionsNullEnd: whole(9),
    streamOptionsEmpty: flag(10),
    usageAsked: flag(11),
    usageFalseStart: whole(12),
    usageFalseEnd: whole(13),
    rootEnd: whole(14),
    promptTokens: whole(15),
    toolingTokens: whole(16),
    mediaTokens: whole(17),
    unreadTokens: whole(18),
    textBytes: whole(19),
    estimated: flag(20),
    overLimit: flag(21),
    model: raw.subarray(22 * 8),
  };
}

function responseFacts(raw: Buffer): ResponseFacts {
  const tail = raw.length - (2 * 7 + 4) * 8;
  const found: Find[] = [];
  for (let at = 0; at < tail;) {
    const [kind, a, b, bytes] = [0, 4, 8, 12].map((offset) => raw.readUInt32LE(at + offset));
    found.push({
      find: finds[kind!]!,
      start: a!,
      end: b!,
      kind: textKinds[a!] ?? "content",
      choice: b!,
      bytes: raw.subarray(at + 16, at + 16 + bytes!),
    });
    at += 16 + bytes!;
  }
  const word = (at: number): bigint => raw.readBigUInt64LE(tail + at * 8);
  return {
    finds: found,
    usage: usageFacts(raw.subarray(tail)),
    derived: usageFacts(raw.subarray(tail + 7 * 8)),
    ownTokens: Number(word(14)),
    exact: word(15) !== 0n,
    textBytes: Number(word(16)),
    usageStale: word(17) !== 0n,
  };
}

function usageFacts(raw: Buffer): UsageFacts {
  const reported = Number(raw.readBigUInt64LE(0));
  const entries = usageKeys.map((key, at) => {
    const known = (reported & (1 << at)) !== 0;
    return [key, known ? raw.readBigUInt64LE((at + 1) * 8) : null];
  });
  return Object.fromEntries(entries) as UsageFacts;
}
