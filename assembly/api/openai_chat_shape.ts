import { newShape, rootContext, Shape } from "./shape";

/**
 * Where things stand in OpenAI chat completions
 * (https://platform.openai.com/docs/api-reference/chat).
 */

export const enum RequestField {
  None,
  Model,
  Stream,
  StreamOptions,
  IncludeUsage,
  MaxTokens,
  MaxCompletionTokens,
  Messages,
  Message,
  Role,
  Name,
  Content,
  Part,
  PartText,
  Reasoning,
  Image,
  ImageUrl,
  ImageDetail,
  AudioData,
  OtherMedia,
  ToolCalls,
  ToolCall,
  FunctionCall,
  ToolCallText,
  Tools,
  Functions,
  ResponseFormat,
  ToolChoice,
  ChosenName,
  OtherModels,
}

const enum RequestContext {
  StreamOptions = 2,
  Messages,
  Message,
  Parts,
  Part,
  Image,
  Audio,
  ToolCalls,
  ToolCall,
  Function,
  ToolChoice,
  ChosenFunction,
}

export const chatRequestShape: Shape = makeRequestShape();

function makeRequestShape(): Shape {
  const shape = newShape(true);
  const root = rootContext;
  shape.member(root, "model", RequestField.Model);
  shape.member(root, "stream", RequestField.Stream);
  shape.container(
    root,
    "stream_options",
    RequestField.StreamOptions,
    RequestContext.StreamOptions,
    0,
  );
  shape.member(RequestContext.StreamOptions, "include_usage", RequestField.IncludeUsage);
  shape.member(root, "max_tokens", RequestField.MaxTokens);
  shape.member(root, "max_completion_tokens", RequestField.MaxCompletionTokens);
  shape.container(root, "messages", RequestField.Messages, 0, RequestContext.Messages);
  // OpenRouter and LiteLLM turn to these models when they like.
  shape.member(root, "models", RequestField.OtherModels);
  shape.member(root, "fallbacks", RequestField.OtherModels);

  addTools(shape);
  addMessages(shape);
  addParts(shape);
  addCalls(shape);
  return shape;
}

function addTools(shape: Shape): void {
  const root = rootContext;
  shape.tree(root, "tools", RequestField.Tools);
  shape.tree(root, "functions", RequestField.Functions);
  shape.tree(root, "response_format", RequestField.ResponseFormat);
  const choice = RequestContext.ToolChoice;
  shape.container(root, "tool_choice", RequestField.ToolChoice, choice, 0);
  shape.container(root, "function_call", RequestField.ToolChoice, choice, 0);
  shape.container(choice, "function", RequestField.None, RequestContext.ChosenFunction, 0);
  shape.member(choice, "name", RequestField.ChosenName);
  shape.member(RequestContext.ChosenFunction, "name", RequestField.ChosenName);
}

function addMessages(shape: Shape): void {
  shape.elements(RequestContext.Messages, RequestField.Message, RequestContext.Message);
  const message = RequestContext.Message;
  shape.member(message, "role", RequestField.Role);
  shape.member(message, "name", RequestField.Name);
  shape.container(message, "content", RequestField.Content, 0, RequestContext.Parts);
  shape.member(message, "refusal", RequestField.PartText);
  shape.member(message, "reasoning_content", RequestField.Reasoning);
  shape.member(message, "reasoning", RequestField.Reasoning);
  // An earlier answer in audio, by its id: what it says stands elsewhere.
  shape.member(message, "audio", RequestField.OtherMedia);
  shape.container(message, "tool_calls", RequestField.ToolCalls, 0, RequestContext.ToolCalls);
  shape.container(message, "function_call", RequestField.FunctionCall, RequestContext.Function, 0);
}

/** The parts of a content. */
function addParts(shape: Shape): void {
  shape.elements(RequestContext.Parts, RequestField.Part, RequestContext.Part);
  shape.member(RequestContext.Part, "text", RequestField.PartText);
  shape.member(RequestContext.Part, "refusal", RequestField.PartText);
  shape.container(RequestContext.Part, "image_url", RequestField.Image, RequestContext.Image, 0);
  shape.member(RequestContext.Image, "detail", RequestField.ImageDetail);
  shape.member(RequestContext.Image, "url", RequestField.ImageUrl);
  shape.container(
    RequestContext.Part,
    "input_audio",
    RequestField.OtherMedia,
    RequestContext.Audio,
    0,
  );
  shape.member(RequestContext.Audio, "data", RequestField.AudioData);
  shape.member(RequestContext.Part, "file", RequestField.OtherMedia);
  shape.member(RequestContext.Part, "audio_url", RequestField.OtherMedia);
  shape.member(RequestContext.Part, "video_url", RequestField.OtherMedia);
}

/** Calls of tools, in messages. */
function addCalls(shape: Shape): void {
  shape.elements(RequestContext.ToolCalls, RequestField.ToolCall, RequestContext.ToolCall);
  shape.container(
    RequestContext.ToolCall,
    "function",
    RequestField.None,
    RequestContext.Function,
    0,
  );
  // A tool of free text, which is called with `input`.
  shape.container(RequestContext.ToolCall, "custom", RequestField.None, RequestContext.Function, 0);
  shape.member(RequestContext.Function, "input", RequestField.ToolCallText);
  shape.member(RequestContext.Function, "name", RequestField.ToolCallText);
  shape.member(RequestContext.Function, "arguments", RequestField.ToolCallText);
}

export const enum ResponseField {
  None,
  Model,
  Usage,
  PromptTokens,
  CompletionTokens,
  TotalTokens,
  CachedTokens,
  CacheWriteTokens,
  ReasoningTokens,
  Choices,
  Choice,
  Index,
  FinishReason,
  Message,
  Role,
  Content,
  Refusal,
  Reasoning,
  ToolCall,
  ToolIndex,
  ToolText,
}

const enum ResponseContext {
  Usage = 2,
  PromptDetails,
  CompletionDetails,
  Choices,
  Choice,
  Message,
  Parts,
  Part,
  ToolCalls,
  ToolCall,
  Function,
}

export const chatResponseShape: Shape = makeResponseShape();

function makeResponseShape(): Shape {
  const shape = newShape(false);
  shape.member(rootContext, "model", ResponseField.Model);
  // What a chunk that only reports usage may hold beside it; more than that is worth showing.
  shape.member(rootContext, "id", ResponseField.None);
  shape.member(rootContext, "object", ResponseField.None);
  shape.member(rootContext, "created", ResponseField.None);
  shape.member(rootContext, "system_fingerprint", ResponseField.None);
  shape.member(rootContext, "service_tier", ResponseField.None);
  shape.member(rootContext, "obfuscation", ResponseField.None);
  shape.member(rootContext, "provider", ResponseField.None);
  shape.member(rootContext, "timings", ResponseField.None);
  shape.container(rootContext, "usage", ResponseField.Usage, ResponseContext.Usage, 0);
  shape.container(rootContext, "choices", ResponseField.Choices, 0, ResponseContext.Choices);
  addUsage(shape);

  shape.elements(ResponseContext.Choices, ResponseField.Choice, ResponseContext.Choice);
  const choice = ResponseContext.Choice;
  shape.member(choice, "index", ResponseField.Index);
  shape.member(choice, "finish_reason", ResponseField.FinishReason);
  shape.member(choice, "logprobs", ResponseField.None);
  shape.container(choice, "delta", ResponseField.Message, ResponseContext.Message, 0);
  shape.container(choice, "message", ResponseField.Message, ResponseContext.Message, 0);

  const message = ResponseContext.Message;
  shape.member(message, "role", ResponseField.Role);
  shape.container(message, "content", ResponseField.Content, 0, ResponseContext.Parts);
  shape.elements(ResponseContext.Parts, ResponseField.None, ResponseContext.Part);
  shape.member(ResponseContext.Part, "text", ResponseField.Content);
  shape.member(message, "refusal", ResponseField.Refusal);
  shape.member(message, "reasoning_content", ResponseField.Reasoning);
  shape.member(message, "reasoning", ResponseField.Reasoning);
  shape.container(message, "tool_calls", ResponseField.None, 0, ResponseContext.ToolCalls);
  shape.container(message, "function_call", ResponseField.ToolCall, ResponseContext.Function, 0);

  shape.elements(ResponseContext.ToolCalls, ResponseField.ToolCall, ResponseContext.ToolCall);
  shape.member(ResponseContext.ToolCall, "index", ResponseField.ToolIndex);
  shape.container(
    ResponseContext.ToolCall,
    "function",
    ResponseField.None,
    ResponseContext.Function,
    0,
  );
  shape.member(ResponseContext.Function, "name", ResponseField.ToolText);
  shape.member(ResponseContext.Function, "arguments", ResponseField.ToolText);
  return shape;
}

function addUsage(shape: Shape): void {
  const usage = ResponseContext.Usage;
  shape.member(usage, "prompt_tokens", ResponseField.PromptTokens);
  shape.member(usage, "completion_tokens", ResponseField.CompletionTokens);
  shape.member(usage, "total_tokens", ResponseField.TotalTokens);
  shape.container(
    usage,
    "prompt_tokens_details",
    ResponseField.None,
    ResponseContext.PromptDetails,
    0,
  );
  shape.member(ResponseContext.PromptDetails, "cached_tokens", ResponseField.CachedTokens);
  shape.member(ResponseContext.PromptDetails, "cache_write_tokens", ResponseField.CacheWriteTokens);
  shape.container(
    usage,
    "completion_tokens_details",
    ResponseField.None,
    ResponseContext.CompletionDetails,
    0,
  );
  shape.member(
    ResponseContext.CompletionDetails,
    "reasoning_tokens",
    ResponseField.ReasoningTokens,
  );
  // Where DeepSeek, and where Moonshot and Together, say what was read from a cache.
  shape.member(usage, "prompt_cache_hit_tokens", ResponseField.CachedTokens);
  shape.member(usage, "cached_tokens", ResponseField.CachedTokens);
}
