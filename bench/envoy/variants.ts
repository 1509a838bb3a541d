/** The ways to do the job in one Envoy, each on a listener of its own. */
import { type CountMode, otherModel, plainModel, pluginConfiguration, routes } from "../policy.ts";

export interface Variant {
  name: "plain" | "json2md" | "tokenstile, count: off" | "tokenstile, count: exact";
  /** Filters before the router. */
  filters: object[];
  /** What a route must match beside the prefix to lead to the group of this model. */
  matchOf(model: string, route: string): object;
  /** The keys of its log lines that tell what was read. */
  logged: { model: string; input: string; output: string; total: string } | null;
  promptTokens: boolean;
}

/** Dynamic metadata that Envoy's own filters write to, and its keys. */
export const metadataNamespace = "ai";
export const metadataKeys = ["model", "input_tokens", "output_tokens", "total_tokens"];

const extension = "type.googleapis.com/envoy.extensions";

export function variantsOf(wasmPath: string): Variant[] {
  return [plain(), nativeFilters(), tokenstile(wasmPath, "off"), tokenstile(wasmPath, "exact")];
}

/** No filter, and so no choice: as many routes as the others have, of which the last matches. */
function plain(): Variant {
  return {
    name: "plain",
    filters: [],
    matchOf: (_model, route) =>
      route === routes.plain ? {} : { headers: [headerIs("x-bench-route", route)] },
    logged: null,
    promptTokens: false,
  };
}

/** Envoy's `json_to_metadata` and `sse_to_metadata`, which write dynamic metadata. */
function nativeFilters(): Variant {
  const usage = [
    rule(["usage", "prompt_tokens"], "input_tokens"),
    rule(["usage", "completion_tokens"], "output_tokens"),
    rule(["usage", "total_tokens"], "total_tokens"),
  ];
  const parser = {
    "@type": `${extension}.content_parsers.json.v3.JsonContentParser`,
    rules: usage.map((each) => ({ rule: each })),
  };
  const contentParser = { name: "envoy.content_parsers.json", typed_config: parser };
  return {
    name: "json2md",
    filters: [
      {
        name: "envoy.filters.http.json_to_metadata",
        typed_config: {
          "@type": `${extension}.filters.http.json_to_metadata.v3.JsonToMetadata`,
          request_rules: { rules: [rule(["model"], "model")] },
          response_rules: { rules: usage },
        },
      },
      {
        name: "envoy.filters.http.sse_to_metadata",
        typed_config: {
          "@type": `${extension}.filters.http.sse_to_metadata.v3.SseToMetadata`,
          response_rules: { content_parser: contentParser },
        },
      },
    ],
    matchOf: (model) => ({
      dynamic_metadata: [
        {
          filter: metadataNamespace,
          path: [{ key: "model" }],
          value: { string_match: { exact: model } },
        },
      ],
    }),
    logged: {
      model: "ai_model",
      input: "ai_input_tokens",
      output: "ai_output_tokens",
      total: "ai_total_tokens",
    },
    promptTokens: false,
  };
}

function rule(path: string[], key: string): object {
  const selectors = path.map((name) => ({ key: name }));
  return { selectors, on_present: { metadata_namespace: metadataNamespace, key } };
}

function tokenstile(wasmPath: string, count: CountMode): Variant {
  const text = JSON.stringify(pluginConfiguration(count));
  const config = {
    name: `tokenstile-${count}`,
    root_id: "tokenstile",
    failure_policy: "FAIL_RELOAD",
    allow_on_headers_stop_iteration: true,
    configuration: { "@type": "type.googleapis.com/google.protobuf.StringValue", value: text },
    vm_config: {
      // A machine of its own for each variant, so that none warms up the other's code.
      vm_id: `tokenstile-${count}`,
      runtime: "envoy.wasm.runtime.v8",
      code: { local: { filename: wasmPath } },
    },
  };
  return {
    name: count === "exact" ? "tokenstile, count: exact" : "tokenstile, count: off",
    filters: [
      {
        name: "tokenstile",
        typed_config: { "@type": `${extension}.filters.http.wasm.v3.Wasm`, config },
      },
    ],
    matchOf: (_model, route) => ({ headers: [headerIs("x-tokenstile-route", route)] }),
    logged: {
      model: "model",
      input: "input_tokens",
      output: "output_tokens",
      total: "total_tokens",
    },
    promptTokens: count === "exact",
  };
}

function headerIs(name: string, exact: string): object {
  return { name, string_match: { exact } };
}

/** Which group each model belongs to; the most asked for comes last, so every route is tried. */
export const groups: [model: string, route: string][] = [
  [otherModel, routes.other],
  [plainModel, routes.plain],
];
