import { dialectOf } from "../../assembly/api/dialect";
import { foldsTo } from "../../assembly/api/fold";
import { ChatRequestReader, newChatRequestReader } from "../../assembly/api/openai_chat_request";
import {
  ChatResponseReader,
  newChatResponseReader,
  ResponseFind,
} from "../../assembly/api/openai_chat_response";
import {
  normalisePath,
  normalPathAmbiguous,
  normalPathBytes,
  normalPathPtr,
} from "../../assembly/api/path";
import { LlmRequest, newLlmRequest } from "../../assembly/api/request";
import { UsageKind } from "../../assembly/api/usage";
import { newWalker, Walker } from "../../assembly/api/walker";
import { Encoding } from "../../assembly/bpe/encoding";
import { ByteWriter, newByteWriter } from "../../assembly/bytes/writer";
import { framedTokens, toolingTokens } from "../../assembly/prompt/framing";
import { Framing } from "../../assembly/prompt/framing_names";
import { ImageRule, imageTokens } from "../../assembly/prompt/image_rules";

/**
 * Runs the readers of `assembly/api` over documents cut into chunks (`api_module.ts` drives it).
 * Each chunk lies alone in memory with hostile bytes behind it, so that a reader that looked past
 * its end would be seen.
 */
const paddingBytes: u32 = 32;
const hostile = memory.data<u8>([0x22, 0x7d, 0x61, 0x5c, 0x31, 0x2c, 0x5d, 0xff]);
const logBytesMax: u32 = 1 << 26;

const walker: Walker = newWalker();
const request: LlmRequest = newLlmRequest();
const requestReader: ChatRequestReader = newChatRequestReader();
const responseReader: ChatResponseReader = newChatResponseReader();
const log: ByteWriter = newByteWriter(1 << 12, logBytesMax);
let chunk: usize = 0;
let chunkCapacity: u32 = 0;

export function allocate(bytes: u32): usize {
  return heap.alloc(bytes + paddingBytes);
}

export function release(ptr: usize): void {
  heap.free(ptr);
}

export function logPtr(): usize {
  return log.ptr;
}

let framing: Framing = Framing.OpenAi;
let images: ImageRule = ImageRule.Gpt4o;
let tokensMax: u64 = 0;

/** How the requests to come are counted. */
export function countAs(framingNow: Framing, imagesNow: ImageRule, tokensMaxNow: u32): void {
  framing = framingNow;
  images = imagesNow;
  tokensMax = tokensMaxNow;
}

/** Reads a request in chunks; what was found of it is in the log, as u64s and then the model. */
export function readRequest(
  ptr: usize,
  bytes: u32,
  firstBytes: u32,
  chunkBytes: u32,
  encoding: Encoding,
): u32 {
  requestReader.start(walker, request, encoding, null, framing, tokensMax);
  let used: u32 = 0;
  let size = min(firstBytes, bytes);
  let going = true;
  while (going && used < bytes) {
    going = requestReader.feed(isolate(ptr + used, size), size);
    used += size;
    size = min(chunkBytes, bytes - used);
  }
  if (going) going = requestReader.finish();
  if (going != (request.error == 0)) unreachable();
  return logRequest();
}

function logRequest(): u32 {
  log.reset();
  word(request.error);
  word(request.jsonError);
  word(request.errorOffset);
  word(request.modelStart);
  word(request.modelEnd);
  word(request.stream ? 1 : 0);
  word(request.maxOutputTokens);
  word(request.streamOptionsInside);
  word(request.streamOptionsNullStart);
  word(request.streamOptionsNullEnd);
  word(request.streamOptionsEmpty ? 1 : 0);
  word(request.usageAsked ? 1 : 0);
  word(request.usageFalseStart);
  word(request.usageFalseEnd);
  word(request.rootEnd);
  word(framedTokens(request, framing));
  word(toolingTokens(request, framing));
  word(imageTokens(request, images, 0) + request.audioTokens);
  word(request.unreadTokens);
  word(request.textBytes);
  word(request.estimated ? 1 : 0);
  word(request.overLimit ? 1 : 0);
  log.copy(request.modelPtr, request.modelBytes);
  return log.bytes;
}

export function startResponse(encoding: Encoding): void {
  log.reset();
  responseReader.start(walker, encoding);
}

/** Reads one document in chunks; what it found goes to the end of the log. */
export function readDocument(ptr: usize, bytes: u32, firstBytes: u32, chunkBytes: u32): void {
  responseReader.startDocument();
  let used: u32 = 0;
  let size = min(firstBytes, bytes);
  let going = true;
  while (going && used < bytes) {
    responseReader.feed(isolate(ptr + used, size), size);
    going = drain();
    used += size;
    size = min(chunkBytes, bytes - used);
  }
  const said = (responseReader.hasUsage ? 1 : 0) | (responseReader.hasContent ? 2 : 0);
  record(0, said, 0, 0, 0);
}

/** Ends the response: its usage, what is derived from it, and our own count. */
export function finishResponse(): u32 {
  const usage = responseReader.usage;
  logUsage();
  usage.derive();
  logUsage();
  const tokens = responseReader.outputTokens();
  word(tokens);
  word(responseReader.lanes.exact ? 1 : 0);
  word(responseReader.lanes.textBytes);
  word(responseReader.usageStale ? 1 : 0);
  return log.bytes;
}

function logUsage(): void {
  const usage = responseReader.usage;
  word(usage.reported);
  word(usage.has(UsageKind.Input) ? usage.input : 0);
  word(usage.has(UsageKind.CachedRead) ? usage.cachedRead : 0);
  word(usage.has(UsageKind.CacheWrite) ? usage.cacheWrite : 0);
  word(usage.has(UsageKind.Output) ? usage.output : 0);
  word(usage.has(UsageKind.Reasoning) ? usage.reasoning : 0);
  word(usage.has(UsageKind.Total) ? usage.total : 0);
}

function drain(): bool {
  const scanner = walker.scanner;
  while (true) {
    const find = responseReader.next();
    switch (find) {
      case ResponseFind.More:
        return true;
      case ResponseFind.Piece: {
        const kind = <u32>responseReader.pieceKind;
        record(find, kind, responseReader.choice, scanner.textPtr, scanner.textBytes);
        break;
      }
      case ResponseFind.End:
        record(find, scanner.error, scanner.errorOffset, 0, 0);
        return false;
      case ResponseFind.ModelOpen:
        record(find, scanner.tokenStart, 0, 0, 0);
        break;
      default:
        record(find, scanner.tokenStart, scanner.tokenEnd, 0, 0);
    }
  }
}

function record(kind: u32, a: u32, b: u32, ptr: usize, bytes: u32): void {
  const head = log.reserve(16);
  if (!head) return;
  store<u32>(head, kind);
  store<u32>(head, a, 4);
  store<u32>(head, b, 8);
  store<u32>(head, bytes, 12);
  log.bytes += 16;
  log.copy(ptr, bytes);
}

function word(value: u64): void {
  const at = log.reserve(8);
  if (!at) return;
  store<u64>(at, value);
  log.bytes += 8;
}

function isolate(ptr: usize, bytes: u32): usize {
  if (chunkCapacity < bytes + paddingBytes) {
    if (chunk != 0) heap.free(chunk);
    chunkCapacity = bytes + paddingBytes;
    chunk = heap.alloc(chunkCapacity);
  }
  memory.copy(chunk, ptr, bytes);
  for (let i: u32 = 0; i < paddingBytes; i++) {
    store<u8>(chunk + bytes + i, load<u8>(hostile + ((bytes + i) & 7)));
  }
  return chunk;
}

/** Makes readers and gives them back; a leak would show as memory that grows. */
export function churn(times: u32): void {
  for (let i: u32 = 0; i < times; i++) {
    const one = newWalker();
    const reader = newChatRequestReader();
    const other = newChatResponseReader();
    reader.start(one, request, Encoding.O200kBase);
    other.start(one, Encoding.O200kBase);
    other.dispose();
    reader.dispose();
    one.dispose();
  }
}

export function normalise(ptr: usize, bytes: u32): bool {
  return normalisePath(ptr, bytes);
}

export function normalPtr(): usize {
  return normalPathPtr();
}

export function normalBytes(): u32 {
  return normalPathBytes();
}

export function ambiguous(): bool {
  return normalPathAmbiguous();
}

/** The dialect of the path normalised last. */
export function dialect(sendsBody: bool, upgrades: bool): u32 {
  return dialectOf(sendsBody, upgrades, normalPathPtr(), normalPathBytes(), normalPathAmbiguous());
}

export function folds(name: usize, nameBytes: u32, plain: usize, plainBytes: u32): bool {
  return foldsTo(name, nameBytes, plain, plainBytes);
}
