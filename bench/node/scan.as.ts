import { ChatRequestReader, newChatRequestReader } from "../../assembly/api/openai_chat_request";
import { LlmRequest, newLlmRequest } from "../../assembly/api/request";
import { newWalker } from "../../assembly/api/walker";
import { Encoding } from "../../assembly/bpe/encoding";
import { bodySliceBytes, scanPadBytes } from "../../assembly/bounds";
import { JsonEvent, JsonScanner } from "../../assembly/json/scanner";
import { SseEvent, SseReader } from "../../assembly/sse/reader";

/**
 * The readers alone, over bytes that lie in memory: each function reads one document in slices as
 * large as the module's own and answers a number that the caller can check.
 */
const scanner = changetype<JsonScanner>(heap.alloc(offsetof<JsonScanner>()));
const events = changetype<SseReader>(heap.alloc(offsetof<SseReader>()));
const walker = newWalker();
const request: LlmRequest = newLlmRequest();
const reader: ChatRequestReader = newChatRequestReader();

export function allocate(bytes: u32): usize {
  return heap.alloc(bytes + scanPadBytes);
}

/** Validates without reporting anything; answers the bytes that it passed, 0 for a bad document. */
export function skipDocument(ptr: usize, bytes: u32): u32 {
  scanner.start();
  scanner.skip();
  return drainScanner(ptr, bytes, false) == 0 ? scanner.skippedEnd : 0;
}

/** Reports every value with its text; answers the bytes of text, unescaped. */
export function readTexts(ptr: usize, bytes: u32): u32 {
  scanner.start();
  return drainScanner(ptr, bytes, true);
}

function drainScanner(ptr: usize, bytes: u32, wantsText: bool): u32 {
  let textBytes: u32 = 0;
  for (let at: u32 = 0; at < bytes; at += bodySliceBytes) {
    scanner.feed(ptr + at, min(bytes - at, bodySliceBytes));
    while (true) {
      const event = scanner.next();
      if (event == JsonEvent.More) break;
      if (event == JsonEvent.Fail) return u32.MAX_VALUE;
      if (event == JsonEvent.StringOpen && wantsText) scanner.wantText();
      if (event == JsonEvent.Text) textBytes += scanner.textBytes;
    }
  }
  return scanner.finish() == JsonEvent.Done ? textBytes : u32.MAX_VALUE;
}

/** Reads a chat request without counting; answers the length of its model's name. */
export function readRequest(ptr: usize, bytes: u32): u32 {
  request.reset();
  reader.start(walker, request, Encoding.None);
  for (let at: u32 = 0; at < bytes; at += bodySliceBytes) {
    if (!reader.feed(ptr + at, min(bytes - at, bodySliceBytes))) return 0;
  }
  return reader.finish() ? request.modelBytes : 0;
}

/** Reads an event stream; answers the bytes of its data. */
export function readEvents(ptr: usize, bytes: u32): u32 {
  let dataBytes: u32 = 0;
  events.start();
  events.feed(ptr, bytes);
  while (true) {
    const event = events.next();
    if (event == SseEvent.More) return dataBytes;
    if (event == SseEvent.Data) dataBytes += events.dataBytes;
  }
}
