/** In which form a family of models is told of the tools that it may call. */
export const enum ToolStyle {
  /** A TypeScript namespace of function types (OpenAI). */
  TypeScript,
  /** Each tool's JSON on one line, with a space behind each comma and colon (Qwen, Mistral). */
  Json,
  /** Each tool's JSON over lines, indented by four (Llama). */
  Indented,
}
