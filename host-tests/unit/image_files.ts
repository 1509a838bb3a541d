/** Small images and sounds, made byte by byte from their specifications. */
import { crc32, deflateSync } from "node:zlib";

/** ISO/IEC 15948: one row after the other, all black. */
export function png(width: number, height: number): Buffer {
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size.writeUInt8(1, 8);
  const rows = Buffer.alloc(Math.min(height, 64) * (1 + Math.ceil(Math.min(width, 64) / 8)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [pngChunk("IHDR", size), pngChunk("IDAT", deflateSync(rows)), pngChunk("IEND")];
  return Buffer.concat([signature, ...chunks]);
}

function pngChunk(type: string, data = Buffer.alloc(0)): Buffer {
  const named = Buffer.concat([Buffer.from(type), data]);
  const chunk = Buffer.alloc(named.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  named.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(named), named.length + 4);
  return chunk;
}

/** GIF89a, or 87a. */
export function gif(width: number, height: number, version = "89a"): Buffer {
  const screen = Buffer.alloc(7);
  screen.writeUInt16LE(width, 0);
  screen.writeUInt16LE(height, 2);
  return Buffer.concat([Buffer.from(`GIF${version}`), screen, Buffer.from(";")]);
}

/** ITU T.81: segments of these sizes, a frame header, and the start of a scan. */
export function jpeg(
  width: number,
  height: number,
  { segments = [14], frame = 0xc0 }: { segments?: number[]; frame?: number } = {},
): Buffer {
  const before = segments.map((bytes) => jpegSegment(0xe0, Buffer.alloc(bytes, 0xff)));
  const size = Buffer.alloc(15);
  size.writeUInt8(8, 0);
  size.writeUInt16BE(height, 1);
  size.writeUInt16BE(width, 3);
  const start = [Buffer.from([0xff, 0xd8]), ...before, jpegSegment(0xc4, Buffer.alloc(20))];
  return Buffer.concat([...start, jpegSegment(frame, size), jpegSegment(0xda, Buffer.alloc(6))]);
}

function jpegSegment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

/** RFC 9649: lossy, lossless, or with an extended header. */
export function webp(width: number, height: number, kind: "VP8 " | "VP8L" | "VP8X"): Buffer {
  const data = Buffer.alloc(20);
  if (kind === "VP8X") {
    data.writeUIntLE(width - 1, 4, 3);
    data.writeUIntLE(height - 1, 7, 3);
  } else if (kind === "VP8L") {
    data.writeUInt8(0x2f, 0);
    data.writeUInt32LE(((width - 1) | ((height - 1) << 14)) >>> 0, 1);
  } else {
    data.set([0x10, 0, 0, 0x9d, 0x01, 0x2a]);
    data.writeUInt16LE(width | 0x4000, 6);
    data.writeUInt16LE(height, 8);
  }
  return riff("WEBP", kind, data);
}

/** A WAVE file of so many seconds, at this rate in bytes a second. */
export function wave(seconds: number, bytesPerSecond: number): Buffer {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt32LE(bytesPerSecond, 8);
  return Buffer.concat([riff("WAVE", "fmt ", format), Buffer.alloc(seconds * bytesPerSecond - 36)]);
}

function riff(form: string, kind: string, data: Buffer): Buffer {
  const head = Buffer.alloc(20);
  head.write("RIFF", 0);
  head.writeUInt32LE(data.length + 12, 4);
  head.write(form + kind, 8);
  head.writeUInt32LE(data.length, 16);
  return Buffer.concat([head, data]);
}
