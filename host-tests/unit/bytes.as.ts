import {
  equalsAscii,
  equalsAsciiIgnoreCase,
  equalsBytes,
  isVisibleAscii,
  startsWithAsciiIgnoreCase,
  toLowerAscii,
} from "../../assembly/bytes/ascii";
import { parseDecimalU64, writeDecimalU64 } from "../../assembly/bytes/decimal";
import { fnv1a64, fnv1a64More, mix64 } from "../../assembly/bytes/hash";
import { literal, Literal } from "../../assembly/bytes/literal";
import { ByteWriter, newByteWriter } from "../../assembly/bytes/writer";

/** The literals that the tests compare with, by number (`bytes_module.ts` has the same list). */
const literals: StaticArray<string> = [
  "",
  "a",
  "content-length",
  "@[`{",
  "x-tokenstile-prompt-tokens",
  "0123456789 !~",
];
const made: StaticArray<usize> = StaticArray.fromArray([
  changetype<usize>(literal(literals[0])),
  changetype<usize>(literal(literals[1])),
  changetype<usize>(literal(literals[2])),
  changetype<usize>(literal(literals[3])),
  changetype<usize>(literal(literals[4])),
  changetype<usize>(literal(literals[5])),
]);

export function allocate(bytes: u32): usize {
  return heap.alloc(bytes);
}

export function release(ptr: usize): void {
  heap.free(ptr);
}

export function equal(a: usize, aBytes: u32, b: usize, bBytes: u32): bool {
  return equalsBytes(a, aBytes, b, bBytes);
}

export function equalLiteral(ptr: usize, bytes: u32, at: u32): bool {
  return equalsAscii(ptr, bytes, literals[at]);
}

export function equalIgnoringCase(ptr: usize, bytes: u32, at: u32): bool {
  return equalsAsciiIgnoreCase(ptr, bytes, literals[at]);
}

export function startsIgnoringCase(ptr: usize, bytes: u32, at: u32): bool {
  return startsWithAsciiIgnoreCase(ptr, bytes, literals[at]);
}

export function visible(ptr: usize, bytes: u32): bool {
  return isVisibleAscii(ptr, bytes);
}

export function lower(byte: u32): u32 {
  return toLowerAscii(<u8>byte);
}

export function literalPtr(at: u32): usize {
  return changetype<Literal>(made[at]).ptr;
}

export function literalBytes(at: u32): u32 {
  return changetype<Literal>(made[at]).bytes;
}

export function parseDecimal(ptr: usize, bytes: u32, out: usize): bool {
  return parseDecimalU64(ptr, bytes, out);
}

export function writeDecimal(ptr: usize, value: u64): u32 {
  return writeDecimalU64(ptr, value);
}

export function hash(ptr: usize, bytes: u32): u64 {
  return fnv1a64(ptr, bytes);
}

export function hashMore(hash: u64, ptr: usize, bytes: u32): u64 {
  return fnv1a64More(hash, ptr, bytes);
}

export function mix(hash: u64): u64 {
  return mix64(hash);
}

export function newWriter(capacityBytes: u32, bytesMax: u32): ByteWriter {
  return newByteWriter(capacityBytes, bytesMax);
}

export function writerPtr(writer: ByteWriter): usize {
  return writer.ptr;
}

export function writerBytes(writer: ByteWriter): u32 {
  return writer.bytes;
}

export function writerCapacity(writer: ByteWriter): u32 {
  return writer.capacityBytes;
}

export function writerOverflowed(writer: ByteWriter): bool {
  return writer.overflowed;
}

export function writeByte(writer: ByteWriter, value: u32): void {
  writer.byte(<u8>value);
}

export function writeCopy(writer: ByteWriter, ptr: usize, bytes: u32): void {
  writer.copy(ptr, bytes);
}

export function writeLiteral(writer: ByteWriter, at: u32): void {
  writer.ascii(literals[at]);
}

export function writeNumber(writer: ByteWriter, value: u64): void {
  writer.decimal(value);
}

export function writeJsonText(writer: ByteWriter, ptr: usize, bytes: u32): void {
  writer.jsonText(ptr, bytes);
}

export function resetWriter(writer: ByteWriter): void {
  writer.reset();
}

export function disposeWriter(writer: ByteWriter): void {
  writer.dispose();
}
