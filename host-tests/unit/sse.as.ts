import { ByteWriter, newByteWriter } from "../../assembly/bytes/writer";
import { SseEvent, SseReader } from "../../assembly/sse/reader";

/**
 * Runs the reader over a stream cut into chunks and keeps a log of what it reported (see
 * `host-tests/unit/sse_log.ts`, which reads it). Each chunk lies alone in memory with line ends
 * behind it, so that a reader that looked past its end would be seen.
 */
const logBytesMax: u32 = 1 << 28;
const paddingBytes: u32 = 32;

/** What lies behind a chunk, begun at another byte for each chunk size. */
const hostile = memory.data<u8>([0x61, 0x0a, 0x20, 0x0d]);

const reader = changetype<SseReader>(heap.alloc(offsetof<SseReader>()));
const log: ByteWriter = newByteWriter(1 << 16, logBytesMax);
const data: ByteWriter = newByteWriter(1 << 16, logBytesMax);
let dataStart: u32 = 0;
let chunkOffset: u32 = 0;
let chunkBytes: u32 = 0;
let chunk: usize = 0;
let chunkCapacity: u32 = 0;

export function readerBytes(): u32 {
  return offsetof<SseReader>();
}

export function allocate(bytes: u32): usize {
  return heap.alloc(bytes + paddingBytes);
}

export function release(ptr: usize): void {
  heap.free(ptr);
}

export function logPtr(): usize {
  return log.ptr;
}

/** Reads in a first chunk of `firstBytes`, then chunks of `laterBytes`; answers the log's size. */
export function read(ptr: usize, bytes: u32, firstBytes: u32, laterBytes: u32): u32 {
  log.reset();
  data.reset();
  reader.start();
  let used: u32 = 0;
  let size = min(firstBytes, bytes);
  while (used < bytes) {
    chunkOffset = used;
    chunkBytes = size;
    reader.feed(isolate(ptr + used, size), size);
    drain();
    if (reader.position != size) unreachable();
    used += size;
    size = min(laterBytes, bytes - used);
  }
  if (data.bytes != 0) record(SseEvent.Data, dataStart, 0, 0, data.ptr, data.bytes);
  record(SseEvent.More, bytes, reader.eventOpen, 0, 0, 0);
  return log.bytes;
}

/** Feeds one chunk over and over, for streams too long to hold: events ended, and data bytes. */
export function readRepeated(ptr: usize, bytes: u32, times: u32): u64 {
  let events: u64 = 0;
  for (let time: u32 = 0; time < times; time++) {
    reader.feed(ptr, bytes);
    for (let event = reader.next(); event != SseEvent.More; event = reader.next()) {
      if (event == SseEvent.EventEnd) events += 1 << 40;
      else if (event == SseEvent.Data) events += reader.dataBytes;
    }
  }
  return events;
}

export function start(): void {
  reader.start();
}

function isolate(ptr: usize, bytes: u32): usize {
  if (chunkCapacity < bytes + paddingBytes) {
    if (chunk != 0) heap.free(chunk);
    chunkCapacity = bytes + paddingBytes;
    chunk = heap.alloc(chunkCapacity);
  }
  memory.copy(chunk, ptr, bytes);
  for (let i: u32 = 0; i < paddingBytes; i++) {
    store<u8>(chunk + bytes + i, load<u8>(hostile + ((bytes + i) & 3)));
  }
  return chunk;
}

function drain(): void {
  for (let event = reader.next(); event != SseEvent.More; event = reader.next()) note(event);
  if (reader.next() != SseEvent.More) unreachable();
}

function note(event: SseEvent): void {
  const offset = chunkOffset + reader.position;
  if (event == SseEvent.Data) {
    if (reader.dataBytes == 0) unreachable();
    if (data.bytes == 0) dataStart = offset - reader.dataBytes;
    data.copy(reader.dataPtr, reader.dataBytes);
  } else if (event == SseEvent.DataEnd) {
    const begin = data.bytes != 0 ? dataStart : chunkOffset + <u32>(reader.dataPtr - chunk);
    record(event, begin, reader.dataLines, 0, data.ptr, data.bytes);
    data.reset();
  } else {
    const atChunkEnd = <u32>(reader.position == chunkBytes);
    const flags = (<u32>reader.typeOverflowed) | (atChunkEnd << 1);
    record(event, offset, reader.dataLines, flags, reader.typePtr, reader.typeBytes);
  }
}

function record(kind: u32, a: u32, b: u32, c: u32, ptr: usize, bytes: u32): void {
  const head = log.reserve(20);
  if (head == 0) return;
  store<u32>(head, kind);
  store<u32>(head, a, 4);
  store<u32>(head, b, 8);
  store<u32>(head, c, 12);
  store<u32>(head, bytes, 16);
  log.bytes += 20;
  log.copy(ptr, bytes);
}
