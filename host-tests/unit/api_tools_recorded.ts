import type { EncodingNumber } from "./api_module.ts";

export interface FunctionTool {
  name: string;
  description?: string;
  parameters?: object;
}

interface Message {
  role: string;
  content: string;
}

const string = { type: "string" };

/** The example of OpenAI's cookbook, with what the API counted for gpt-4 and for gpt-4o. */
export const weather = {
  messages: [
    {
      role: "system",
      content: "You are a helpful assistant that can answer to questions about the weather.",
    },
    { role: "user", content: "What's the weather like in San Francisco?" },
  ],
  tools: [
    {
      type: "function",
      function: {
        name: "get_current_weather",
        description: "Get the current weather in a given location",
        parameters: {
          type: "object",
          properties: {
            location: { ...string, description: "The city and state, e.g. San Francisco, CA" },
            unit: {
              ...string,
              description: "The unit of temperature to return",
              enum: ["celsius", "fahrenheit"],
            },
          },
          required: ["location"],
        },
      },
    },
  ],
};
export const weatherCounted: [EncodingNumber, number][] = [
  [2, 105],
  [1, 101],
];

const hello = [{ role: "user", content: "hello" }];
const nothing = { type: "object", properties: {} };

function ofProperties(properties: object, required?: string[]): object {
  return { type: "object", properties, ...(required ? { required } : {}) };
}

const recipe = ofProperties(
  {
    ingredients: {
      type: "array",
      items: ofProperties(
        {
          name: string,
          unit: { enum: ["grams", "ml", "cups", "pieces", "teaspoons"], type: "string" },
          amount: { type: "number" },
        },
        ["name", "unit", "amount"],
      ),
    },
    instructions: {
      type: "array",
      items: string,
      description: "Steps to prepare the recipe (no numbering)",
    },
    time_to_cook: {
      type: "number",
      description: "Total time to prepare the recipe in minutes",
    },
  },
  ["ingredients", "instructions", "time_to_cook"],
);

const doStuff = { name: "do_stuff", parameters: nothing };
const bingBong = { name: "bing_bong", description: "Do a bing bong" };

/** What gpt-3.5-turbo's API counted, as hmarr's openai-chat-tokens has it in its tests. */
export const functionsCounted: [Message[], FunctionTool[], number][] = [
  [hello, [{ name: "foo", parameters: nothing }], 31],
  [hello, [{ name: "foo", description: "Do a foo", parameters: nothing }], 36],
  [hello, [{ ...bingBong, parameters: ofProperties({ foo: string }) }], 49],
  [
    hello,
    [
      {
        ...bingBong,
        parameters: ofProperties({
          foo: string,
          bar: { type: "number", description: "A number" },
        }),
      },
    ],
    57,
  ],
  [
    hello,
    [
      {
        ...bingBong,
        parameters: ofProperties({
          foo: ofProperties({
            bar: { type: "string", enum: ["a", "b", "c"] },
            baz: { type: "boolean" },
          }),
        }),
      },
    ],
    68,
  ],
  [
    [
      { role: "system", content: "Hello" },
      { role: "user", content: "Hi there" },
    ],
    [doStuff],
    35,
  ],
  [
    [
      { role: "system", content: "Hello:" },
      { role: "user", content: "Hi there" },
    ],
    [doStuff],
    35,
  ],
  [
    [
      { role: "system", content: "Hello:" },
      { role: "system", content: "Hello" },
      { role: "user", content: "Hi there" },
    ],
    [doStuff],
    40,
  ],
  [hello, [{ name: "get_recipe", parameters: recipe }], 106],
];

const described = { type: "string", description: "Hi" };
const two = ofProperties({ y: described, z: described });

function only(parameters?: object, description?: string): FunctionTool[] {
  return [
    { name: "x", ...(description ? { description } : {}), ...(parameters ? { parameters } : {}) },
  ];
}

/** Tools, and by how much openai-harmony 0.0.8 makes a prompt longer by them, without a system. */
export const renderedTools: [title: string, functions: FunctionTool[], tokens: number][] = [
  ["a function", only(), 38],
  ["two functions", [...only(), { name: "y" }], 45],
  ["a description", only(undefined, "Hi"), 40],
  ["an argument", only(ofProperties({ y: string })), 45],
  ["two arguments", only(ofProperties({ y: string, z: string })), 49],
  ["a described argument", only(ofProperties({ y: described })), 47],
  ["two of them", only(two), 53],
  ["an enum", only(ofProperties({ y: { ...string, enum: ["a", "b", "c"] } })), 54],
  ["a nested object", only(ofProperties({ data: { ...two, description: "Data" } })), 70],
  [
    "an array",
    only(ofProperties({ items: { type: "array", description: "Items", items: string } })),
    47,
  ],
  [
    "an array of objects",
    only(ofProperties({ items: { type: "array", description: "Items", items: two } })),
    67,
  ],
];

/**
 * What the API of gpt-4o counted for tools, one request less another, put together again from the
 * constants that npm ai-tokenizer 1.0.6 has of it.
 */
export const measuredSteps: [
  title: string,
  less: FunctionTool[],
  more: FunctionTool[],
  tokens: number,
][] = [
  ["a second function", only(), [...only(), { name: "y" }], 7],
  ["a function's description", only(), only(undefined, "Hi"), 2],
  [
    "a second argument",
    only(ofProperties({ y: string })),
    only(ofProperties({ y: string, z: string })),
    4,
  ],
  [
    "an argument's description",
    only(ofProperties({ y: string })),
    only(ofProperties({ y: described })),
    3,
  ],
  [
    "an enum",
    only(ofProperties({ y: string })),
    only(ofProperties({ y: { ...string, enum: ["a", "b", "c"] } })),
    10,
  ],
  [
    "an object around two arguments",
    only(two),
    only(ofProperties({ data: { ...two, description: "Data" } })),
    6,
  ],
];
