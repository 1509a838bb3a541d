/** What a model is told of its tools: against what APIs counted and other libraries make of it. */
import fc from "fast-check";
import { countChatCompletionTokens as countGpt4o } from "gpt-tokenizer/model/gpt-4o";
import { countChatCompletionTokens as countGpt4Turbo } from "gpt-tokenizer/model/gpt-4-turbo";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiModule, type Cut, type EncodingNumber, type FramingWord } from "./api_module.ts";
import {
  type FunctionTool,
  functionsCounted,
  measuredSteps,
  renderedTools,
  weather,
  weatherCounted,
} from "./api_tools_recorded.ts";
import { pythonJson } from "./api_python_json.ts";
import { referenceCount } from "./bpe_module.ts";

let api: ApiModule;
beforeAll(async () => {
  api = await ApiModule.load();
});
beforeEach(() => {
  api.countAs();
});

const o200k: EncodingNumber = 1;
const cl100k: EncodingNumber = 2;

interface How {
  encoding?: EncodingNumber;
  framing?: FramingWord;
  cut?: Cut;
}

function read(request: object, { encoding = o200k, framing = "openai", cut = {} }: How = {}) {
  api.countAs({ framing });
  const body = Buffer.from(JSON.stringify({ model: "m", ...request }));
  const facts = api.readRequest(body, encoding, cut);
  expect(facts.error).toBe("None");
  return facts;
}

function tooling(request: object, how: How = {}): number {
  return read(request, how).toolingTokens;
}

function total(request: object, how: How = {}): number {
  const { promptTokens, toolingTokens } = read(request, how);
  return promptTokens + toolingTokens;
}

function toolsOf(functions: FunctionTool[]): object[] {
  return functions.map((one) => ({ type: "function", function: one }));
}

/** How far off a count is, in per cent of what it should be. */
function offBy(ours: number, theirs: number): number {
  return (Math.abs(ours - theirs) / theirs) * 100;
}

describe("tools for OpenAI's models", () => {
  it("cost what the API counted in the cookbook", () => {
    for (const [encoding, tokens] of weatherCounted) {
      expect(total(weather, { encoding })).toBe(tokens);
    }
  });

  it("cost what the API counted for openai-chat-tokens, but for a token", () => {
    for (const [messages, functions, tokens] of functionsCounted) {
      const old = total({ messages, functions }, { encoding: cl100k });
      expect(Math.abs(old - tokens)).toBeLessThanOrEqual(1);
      expect(total({ messages, tools: toolsOf(functions) }, { encoding: cl100k })).toBe(old);
    }
  });

  it.each(measuredSteps)("cost the API of gpt-4o so much more by %s", (_, less, more, tokens) => {
    const step = tooling({ tools: toolsOf(more) }) - tooling({ tools: toolsOf(less) });
    expect(Math.abs(step - tokens)).toBeLessThanOrEqual(1);
  });

  it.each(renderedTools)("cost what openai-harmony renders of %s", (_, functions, tokens) => {
    const ours = tooling({ tools: toolsOf(functions) }, { framing: "harmony" });
    expect(Math.abs(ours - tokens)).toBeLessThanOrEqual(3);
  });
});

const word = fc.constantFrom(
  ..."city date unit of temperature user name order the amount".split(" "),
);
const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join("_"));
const description = fc
  .tuple(fc.array(word, { minLength: 3, maxLength: 15 }), fc.constantFrom("", ".", "?"))
  .map(([words, stop]) => words.join(" ") + stop);
const property = fc
  .tuple(
    fc.oneof(
      fc.record({ type: fc.constantFrom("string", "number", "integer", "boolean") }),
      fc.record({
        type: fc.constant("string"),
        enum: fc.array(name, { minLength: 1, maxLength: 5 }),
      }),
      fc.constant({ type: "array", items: { type: "string" } }),
    ),
    fc.option(description, { nil: undefined }),
  )
  .map(([schema, said]) => (said === undefined ? schema : { ...schema, description: said }));
const functionTool = fc.record({
  name,
  description,
  parameters: fc.record({
    type: fc.constant("object"),
    properties: fc.dictionary(name, property, { minKeys: 1, maxKeys: 6 }),
    required: fc.array(name, { maxLength: 3 }),
  }),
});
const functionTools = fc.array(functionTool, { minLength: 1, maxLength: 6 });

describe("flat tools", () => {
  it("cost within 3 per cent what gpt-tokenizer makes of them", () => {
    const messages = [{ role: "user" as const, content: "hello" }];
    fc.assert(
      fc.property(functionTools, (functions) => {
        for (const [encoding, count] of [
          [o200k, countGpt4o],
          [cl100k, countGpt4Turbo],
        ] as const) {
          if (!count) throw new Error("gpt-tokenizer counts no functions for this model");
          const theirs = count({ messages, functions: functions as never });
          const ours = total({ messages, tools: toolsOf(functions) }, { encoding });
          expect(offBy(ours, theirs)).toBeLessThanOrEqual(3);
        }
      }),
      { numRuns: 300, seed: 20260301 },
    );
  });

  it("cost the same however the body is cut, in the order of their members or another", () => {
    fc.assert(
      fc.property(functionTools, fc.integer({ min: 1, max: 40 }), (functions, chunkBytes) => {
        const tools = toolsOf(functions);
        for (const framing of ["openai", "harmony", "chatml", "llama3.1"] as const) {
          const whole = tooling({ tools }, { framing });
          const cut = { firstBytes: chunkBytes, chunkBytes };
          expect(tooling({ tools }, { framing, cut })).toBe(whole);
        }
        const turned = functions.map(({ name: called, description: said, parameters }) => {
          return { parameters, description: said, name: called };
        });
        expect(tooling({ tools: toolsOf(turned) })).toBe(tooling({ tools }));
      }),
      { numRuns: 100, seed: 20260302 },
    );
  });
});

describe("tools that are shown as JSON", () => {
  const anyJson = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });
  const tool = fc.record({ type: fc.constant("function"), function: anyJson, "ключ\n": anyJson });
  /** What stands around them, by the templates and mistral-common; and for each tool. */
  const around: [FramingWord, number, number, number | undefined][] = [
    ["chatml", 83, 0, undefined],
    ["llama3.1", 56, 0, 4],
    ["mistral", 3, 1, undefined],
    ["gemma", 0, 0, undefined],
  ];

  it("are the text that Python's json.dumps writes", () => {
    fc.assert(
      fc.property(fc.array(tool, { minLength: 1, maxLength: 3 }), (tools) => {
        for (const [framing, fixed, each, indent] of around) {
          const texts = tools.map((one) => pythonJson(one, indent));
          const theirs = texts.reduce(
            (sum, text) => sum + referenceCount("o200k_base", text) + each,
            fixed,
          );
          expect(tooling({ tools }, { framing })).toBe(theirs);
        }
      }),
      { numRuns: 300, seed: 20260303 },
    );
  });

  it("share the frame of a system message with it", () => {
    const { tools } = weather;
    const messages = [{ role: "system", content: "Hi" }];
    const alone = tooling({ tools }, { framing: "chatml" });
    expect(tooling({ tools, messages }, { framing: "chatml" })).toBe(alone - 5);
  });
});

describe("the choice of a tool", () => {
  it("costs what openai-chat-tokens found", () => {
    const { tools } = weather;
    const plain = tooling({ tools });
    const named = { type: "function", function: { name: "get_current_weather" } };
    const words = referenceCount("o200k_base", "get_current_weather");
    expect(tooling({ tools, tool_choice: "auto" })).toBe(plain);
    expect(tooling({ tools, tool_choice: "required" })).toBe(plain);
    expect(tooling({ tools, tool_choice: "none" })).toBe(plain + 1);
    expect(tooling({ tools, tool_choice: named })).toBe(plain + 4 + words);
    expect(tooling({ tools, function_call: named.function })).toBe(plain + 4 + words);
    const elsewhere = { framing: "chatml" } as const;
    expect(tooling({ tools, tool_choice: named }, elsewhere)).toBe(tooling({ tools }, elsewhere));
  });
});

describe("shapes that no rule knows", () => {
  const schema = { type: "object", properties: { a: { $ref: "#/$defs/thing" } } };
  const parameters = { ...schema, $defs: { thing: { type: "string", pattern: "^[a-z]+$" } } };

  it("cost their text", () => {
    const bare = tooling({ tools: toolsOf([{ name: "f", parameters: schema }]) });
    const more = tooling({ tools: toolsOf([{ name: "f", parameters }]) });
    const pattern = referenceCount("o200k_base", '"^[a-z]+$"');
    expect(more - bare).toBeGreaterThanOrEqual(pattern);
    expect(more - bare).toBeLessThanOrEqual(pattern + 8);
  });

  it("cost a bar and a type for each choice", () => {
    const of = (a: object): number =>
      tooling({ tools: toolsOf([{ name: "f", parameters: { properties: { a } } }]) });
    const one = of({ type: "string" });
    expect(of({ anyOf: [{ type: "string" }, { type: "null" }] })).toBe(one + 2);
    expect(of({ type: ["string", "null"] })).toBe(one + 2);
    expect(of({ oneOf: [{ type: "string" }, { type: "null" }, {}] })).toBe(one + 4);
  });

  it("hide no text", () => {
    const long = "many words in a row ".repeat(50);
    const tokens = referenceCount("o200k_base", long);
    for (const tools of [
      [long],
      [[long]],
      [{ type: "custom", custom: { name: "f", format: { definition: long } } }],
      [{ type: "function", name: "f", description: long }],
      toolsOf([{ name: "f", description: long }]),
      toolsOf([{ name: long }]),
      toolsOf([{ name: "f", parameters: { properties: { a: { default: long } } } }]),
      toolsOf([{ name: "f", parameters: { properties: { a: { items: { description: long } } } } }]),
      toolsOf([{ name: "f", parameters: { [long]: 1, properties: { [long]: {} } } }]),
      { a: long },
    ]) {
      for (const framing of ["openai", "chatml", "llama3.1"] as const) {
        const ours = tooling({ tools }, { framing });
        expect(ours).toBeGreaterThanOrEqual(tokens * 0.95);
      }
    }
  });
});

describe("the form of an answer", () => {
  const schema = { type: "object", properties: { steps: { type: "array" } } };
  const format = { type: "json_schema", json_schema: { name: "plan", strict: true, schema } };

  it("costs its schema for OpenAI's models, and nothing where only a server reads it", () => {
    const text = referenceCount("o200k_base", JSON.stringify(schema));
    const ours = tooling({ response_format: format });
    expect(ours).toBeGreaterThan(text);
    expect(ours).toBeLessThanOrEqual(text + 20);
    expect(tooling({ response_format: format }, { framing: "chatml" })).toBe(0);
  });

  it("costs nothing where it says only its type", () => {
    const { toolingTokens, estimated } = read({ response_format: { type: "json_object" } });
    expect([toolingTokens, estimated]).toEqual([0, false]);
  });
});

describe("hostile tools", () => {
  it("are read however deep they are", () => {
    const deep = (open: string, close: string, times: number): string =>
      `{"model":"m","tools":${open.repeat(times)}1${close.repeat(times)}}`;
    for (const framing of ["openai", "llama3.1", "chatml"] as const) {
      api.countAs({ framing });
      for (const [open, close] of [
        ["[", "]"],
        ['{"a":', "}"],
        ['[{"function":{"parameters":{"properties":{"a":', "}}}}]"],
      ] as const) {
        const levels = open.replaceAll(/[^[{]/g, "").length;
        const times = Math.floor(511 / levels);
        const facts = api.readRequest(Buffer.from(deep(open, close, times)), o200k);
        expect(facts.error).toBe("None");
        const deeper = api.readRequest(Buffer.from(deep(open, close, times + 1)), o200k);
        expect(deeper.jsonError).toBe("TooDeep");
      }
    }
  });

  it("cost no more by their depth than a small multiple of their size", () => {
    const items = Array(20_000).fill(1);
    const nested = Array.from({ length: 300 }).reduce((inner: unknown) => [inner], items);
    const facts = read({ tools: nested as object }, { framing: "llama3.1" });
    expect(facts.toolingTokens).toBeLessThan(20_000 * 6);
  });

  it("are refused where they are not JSON, at every byte of them", () => {
    const body = '{"model":"m","tools":[{"function":{"name":"f","parameters":{"a":[1,tru]}}}]}';
    for (let chunkBytes = 1; chunkBytes < 40; chunkBytes++) {
      const facts = api.readRequest(Buffer.from(body), o200k, { chunkBytes });
      expect([facts.error, facts.errorOffset]).toEqual(["NotJson", body.indexOf("tru]") + 3]);
    }
    for (let end = 1; end < body.length - 1; end++) {
      const facts = api.readRequest(Buffer.from(body.slice(0, end)), o200k);
      expect(facts.error).toBe("NotJson");
    }
  });
});
