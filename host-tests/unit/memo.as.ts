import { ChatRequestReader, newChatRequestReader } from "../../assembly/api/openai_chat_request";
import { LlmRequest, newLlmRequest } from "../../assembly/api/request";
import { newWalker, Walker } from "../../assembly/api/walker";
import { memoEntries } from "../../assembly/bounds";
import { countText } from "../../assembly/bpe/counter";
import { Encoding } from "../../assembly/bpe/encoding";
import { closingQuote, endsInEscape } from "../../assembly/json/raw_end";
import { leftToScanner, unescapeWhole } from "../../assembly/json/unescape";
import { hashBlock, laneSum } from "../../assembly/memo/block_lanes";
import { certainCut } from "../../assembly/memo/certain_cut";
import { digestHigh, digestLow, digestSpan } from "../../assembly/memo/digest";
import { memoKeyPtr } from "../../assembly/memo/key";
import { Payer } from "../../assembly/memo/payer";
import {
  addCoefficient,
  firstPolynomial,
  secondPolynomial,
  startPolynomials,
} from "../../assembly/memo/polynomial";
import { sealedHigh, sealedLow, sealWords } from "../../assembly/memo/seal";
import { openTable, rememberedTokens, rememberTokens, tellMinute } from "../../assembly/memo/table";
import { memoTally } from "../../assembly/memo/tally";
import { framedTokens } from "../../assembly/prompt/framing";
import { Framing } from "../../assembly/prompt/framing_names";

/**
 * The memo part by part, and under the reader of requests (`memo_module.ts` drives it). Chunks lie
 * alone in memory with hostile bytes behind them.
 */
const paddingBytes: u32 = 32;

const walker: Walker = newWalker();
const request: LlmRequest = newLlmRequest();
const payer = changetype<Payer>(heap.alloc(offsetof<Payer>()));
const out: usize = memory.data(128, 8);
let reader: ChatRequestReader = newChatRequestReader();
let chunk: usize = 0;
let chunkCapacity: u32 = 0;

export function allocate(bytes: u32): usize {
  return heap.alloc(bytes + paddingBytes);
}

export function release(ptr: usize): void {
  heap.free(ptr);
}

/** Where answers of more than one number lie. */
export function outPtr(): usize {
  return out;
}

export function keyPtr(): usize {
  return memoKeyPtr();
}

/** The four lanes of a block. */
export function lanes(ptr: usize, bytes: u32): void {
  hashBlock(ptr, bytes);
  for (let lane: u32 = 0; lane < 4; lane++) store<u64>(out + lane * 8, laneSum(lane));
}

/** Both polynomials of these coefficients. */
export function polynomials(ptr: usize, count: u32): void {
  startPolynomials();
  for (let i: u32 = 0; i < count; i++) addCoefficient(load<u64>(ptr + i * 8));
  store<u64>(out, firstPolynomial());
  store<u64>(out, secondPolynomial(), 8);
}

/** Writes behind the words. */
export function seal(ptr: usize, count: u32): void {
  sealWords(ptr, count);
  store<u64>(out, sealedLow());
  store<u64>(out, sealedHigh(), 8);
}

export function setPayer(low: u64, high: u64, owner: u32): void {
  payer.set(low, high, owner);
}

export function digest(ptr: usize, bytes: u32, domain: u32): void {
  digestSpan(ptr, bytes, domain, payer);
  store<u64>(out, digestLow());
  store<u64>(out, digestHigh(), 8);
}

/** Repeats, for speed. */
export function digestTimes(ptr: usize, bytes: u32, times: u32): void {
  for (let i: u32 = 0; i < times; i++) digestSpan(ptr, bytes, 1, payer);
}

/** Offset of the closing quote, `bytes` without one; -1 - `bytes` if an escaped byte is next. */
export function quoteAt(ptr: usize, bytes: u32, escaped: bool): i32 {
  const at = <i32>(closingQuote(ptr, ptr + bytes, escaped) - ptr);
  return <u32>at == bytes && endsInEscape() ? -1 - at : at;
}

/** Writes a raw content's text to `to`; answers its size, -1 where it is left to the scanner. */
export function unescape(ptr: usize, bytes: u32, to: usize): i32 {
  const size = unescapeWhole(ptr, bytes, to);
  return size == leftToScanner ? -1 : <i32>size;
}

/** Offset of the first certain cut from `from` on; 0 if there is none. */
export function cut(ptr: usize, from: u32, bytes: u32): u32 {
  const place = certainCut(ptr + from, ptr + bytes);
  return place == 0 ? 0 : <u32>(place - ptr);
}

/** Tokens of a whole text, without a memo. */
export function count(encoding: Encoding, ptr: usize, bytes: u32): u64 {
  return countText(encoding, ptr, bytes);
}

export function open(entries: u32): void {
  openTable(entries == 0 ? memoEntries : entries);
}

export function remember(low: u64, high: u64, owner: u32, tokens: u64): void {
  rememberTokens(low, high, owner, tokens);
}

export function remembered(low: u64, high: u64): u32 {
  return rememberedTokens(low, high);
}

export function minute(value: u64): void {
  tellMinute(value);
}

/**
 * Reads a request in chunks, a first one and then equal ones; `remembers` for the payer that was
 * set. Its facts and the memo's tally go to `outPtr`.
 */
export function readRequest(
  ptr: usize,
  bytes: u32,
  firstBytes: u32,
  chunkBytes: u32,
  encoding: Encoding,
  remembers: bool,
  framing: Framing,
): bool {
  memoTally.reset();
  let given: Payer | null = null;
  if (remembers) given = payer;
  reader.start(walker, request, encoding, given, framing);
  let used: u32 = 0;
  let size = min(firstBytes, bytes);
  let going = true;
  while (going && used < bytes) {
    going = reader.feed(isolate(ptr + used, size), size);
    used += size;
    size = min(chunkBytes, bytes - used);
  }
  if (going) going = reader.finish();
  if (going != (request.error == 0)) unreachable();
  return logRequest();
}

/** As above, in place and in slices of 64 KiB: for speed. */
export function readInPlace(ptr: usize, bytes: u32, encoding: Encoding, remembers: bool): bool {
  let given: Payer | null = null;
  if (remembers) given = payer;
  reader.start(walker, request, encoding, given);
  let going = true;
  for (let at: u32 = 0; going && at < bytes; at += 65536) {
    going = reader.feed(ptr + at, min(65536, bytes - at));
  }
  if (going) going = reader.finish();
  return logRequest();
}

function logRequest(): bool {
  store<u64>(out, request.error);
  store<u64>(out, request.jsonError, 8);
  store<u64>(out, request.errorOffset, 16);
  store<u64>(out, framedTokens(request, Framing.OpenAi), 24);
  store<u64>(out, request.textBytes, 32);
  store<u64>(out, request.estimated ? 1 : 0, 40);
  store<u64>(out, request.toolTokens, 72);
  store<u64>(out, request.toolsGiven, 80);
  store<u64>(out, request.formatTokens, 88);
  store<u64>(out, memoTally.hits, 48);
  store<u64>(out, memoTally.misses, 56);
  store<u64>(out, memoTally.hitBytes, 64);
  return request.error == 0;
}

/** Gives up the request that is being read, and all that it holds. */
export function newReader(): void {
  reader.dispose();
  reader = newChatRequestReader();
}

function isolate(ptr: usize, bytes: u32): usize {
  if (chunkCapacity < bytes + paddingBytes) {
    if (chunk != 0) heap.free(chunk);
    chunkCapacity = bytes + paddingBytes;
    chunk = heap.alloc(chunkCapacity);
  }
  memory.copy(chunk, ptr, bytes);
  for (let i: u32 = 0; i < paddingBytes; i++) store<u8>(chunk + bytes + i, hostileByte(bytes + i));
  return chunk;
}

function hostileByte(at: u32): u8 {
  switch (at & 3) {
    case 0:
      return 0x22;
    case 1:
      return 0x5c;
    case 2:
      return 0x61;
    default:
      return 0x20;
  }
}
