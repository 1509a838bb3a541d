import { mediaHeaderBytesMax } from "../bounds";
import { base64Value, notBase64 } from "./base64";
import { JpegFrame } from "./jpeg_frame";
import { equalsAscii, toLowerAscii } from "../bytes/ascii";

const enum Phase {
  /** `data:` */
  Scheme,
  /** A media type and parameters, up to the comma. */
  Type,
  Data,
  /** Nothing more is wanted. */
  Done,
}

const scheme: string = "data:";
const base64Mark: string = ";base64";
/** The longest media type with parameters that is passed over. */
const typeBytesMax: u32 = 128;
/** As much as the headers of all but JPEG take, and what each of them takes. */
const headBytes: u32 = 32;
const gifBytes: u32 = 10;
const pngBytes: u32 = 24;
const webpBytes: u32 = 30;
const pngSignature: u64 = 0x0a1a0a0d474e5089;

/**
 * Reads from the text of a `data:` URL (RFC 2397) how large the image in it is, or how many bytes a
 * second of the sound has. Fed in any pieces, bounded by `mediaHeaderBytesMax`, and no more than
 * the header is decoded. The stated media type is not believed: the bytes say what it is.
 *
 * PNG (ISO/IEC 15948), GIF 87a and 89a, WebP (RFC 9649), JPEG (ITU T.81), WAVE.
 */
@unmanaged
export class MediaHeader {
  /** In pixels; both 0 where they are not known. */
  width: u32;
  height: u32;
  /** Of a WAVE file; else 0. */
  bytesPerSecond: u32;

  private phase: Phase;
  private phaseBytes: u32;
  /** The last bytes before the comma, in lower case, the latest lowest. */
  private typeTail: u64;
  /** Six bits for each of the up to four characters of a group. */
  private group: u32;
  private groupChars: u32;
  private dataBytes: u32;
  private isJpeg: bool;
  private jpeg: JpegFrame;
  private head0: v128;
  private head1: v128;

  /** For a `data:` URL; `bare` for base64 without one. */
  start(bare: bool): void {
    const jpeg = this.jpeg;
    memory.fill(changetype<usize>(this), 0, offsetof<MediaHeader>());
    this.jpeg = jpeg;
    if (bare) this.phase = Phase.Data;
  }

  /** The next bytes of the text; false when no more of it is wanted. */
  feed(ptr: usize, bytes: u32): bool {
    for (let i: u32 = 0; i < bytes && this.phase != Phase.Done; i++) this.take(load<u8>(ptr + i));
    return this.phase != Phase.Done;
  }

  /** The text is over; a small file may end before its header was looked at. */
  finish(): void {
    if (this.phase == Phase.Data) this.endData();
  }

  dispose(): void {
    heap.free(changetype<usize>(this.jpeg));
    heap.free(changetype<usize>(this));
  }

  init(): MediaHeader {
    this.jpeg = changetype<JpegFrame>(heap.alloc(offsetof<JpegFrame>()));
    this.start(false);
    return this;
  }

  private take(byte: u8): void {
    if (this.phase == Phase.Data) {
      this.takeData(byte);
    } else if (this.phase == Phase.Scheme) {
      const wanted = scheme.charCodeAt(this.phaseBytes++);
      if (toLowerAscii(byte) != <u8>wanted) this.phase = Phase.Done;
      else if (this.phaseBytes == <u32>scheme.length) this.enter(Phase.Type);
    } else if (byte == 0x2c) {
      this.enter(this.isBase64() ? Phase.Data : Phase.Done);
    } else {
      this.typeTail = (this.typeTail << 8) | toLowerAscii(byte);
      if (++this.phaseBytes > typeBytesMax) this.phase = Phase.Done;
    }
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.phaseBytes = 0;
  }

  private isBase64(): bool {
    const bytes = bswap(this.typeTail << 8);
    store<u64>(changetype<usize>(this) + offsetof<MediaHeader>("head0"), bytes);
    const same = equalsAscii(this.headPtr, <u32>base64Mark.length, base64Mark);
    store<u64>(this.headPtr, 0);
    return same;
  }

  private takeData(char: u8): void {
    const value = base64Value(char);
    if (value == notBase64) {
      this.endData();
      return;
    }
    this.group = (this.group << 6) | value;
    if (++this.groupChars < 4) return;
    this.takeByte(<u8>(this.group >> 16));
    this.takeByte(<u8>(this.group >> 8));
    this.takeByte(<u8>this.group);
    this.group = 0;
    this.groupChars = 0;
  }

  /** The group that is not full holds a byte less than it has characters. */
  private endData(): void {
    const bits = this.groupChars * 6;
    if (bits >= 12) this.takeByte(<u8>(this.group >> (bits - 8)));
    if (bits >= 18) this.takeByte(<u8>(this.group >> (bits - 16)));
    if (this.phase == Phase.Data && !this.isJpeg) this.readHead();
    this.phase = Phase.Done;
  }

  private takeByte(byte: u8): void {
    if (this.phase == Phase.Done) return;
    if (this.isJpeg) {
      if (this.jpeg.take(byte)) this.endJpeg();
    } else {
      store<u8>(this.headPtr + this.dataBytes, byte);
      if (this.dataBytes == 1) this.sniffJpeg();
    }
    this.dataBytes += 1;
    if (!this.isJpeg && this.dataBytes == headBytes) this.readHead();
    if (this.dataBytes >= mediaHeaderBytesMax) this.phase = Phase.Done;
  }

  private sniffJpeg(): void {
    if (load<u16>(this.headPtr) != 0xd8ff) return;
    this.isJpeg = true;
    this.jpeg.start();
  }

  private endJpeg(): void {
    this.width = this.jpeg.width;
    this.height = this.jpeg.height;
    this.phase = Phase.Done;
  }

  private readHead(): void {
    this.phase = Phase.Done;
    const head = this.headPtr;
    const bytes = this.dataBytes;
    if (bytes >= gifBytes && this.isGif()) {
      this.setSize(load<u16>(head, 6), load<u16>(head, 8));
    } else if (bytes >= pngBytes && load<u64>(head) == pngSignature) {
      if (!equalsAscii(head + 12, 4, "IHDR")) return;
      this.setSize(bswap(load<u32>(head, 16)), bswap(load<u32>(head, 20)));
    } else if (bytes >= webpBytes && equalsAscii(head, 4, "RIFF")) {
      if (equalsAscii(head + 8, 4, "WEBP")) this.readWebp(head);
      else if (bytes == headBytes && equalsAscii(head + 8, 8, "WAVEfmt ")) {
        this.bytesPerSecond = load<u32>(head, 28);
      }
    }
  }

  private isGif(): bool {
    return equalsAscii(this.headPtr, 6, "GIF87a") || equalsAscii(this.headPtr, 6, "GIF89a");
  }

  private readWebp(head: usize): void {
    if (equalsAscii(head + 12, 4, "VP8X")) {
      this.setSize((load<u32>(head, 24) & 0xffffff) + 1, (load<u32>(head, 27) & 0xffffff) + 1);
    } else if (equalsAscii(head + 12, 4, "VP8L") && load<u8>(head, 20) == 0x2f) {
      const sizes = load<u32>(head, 21);
      this.setSize((sizes & 0x3fff) + 1, ((sizes >> 14) & 0x3fff) + 1);
    } else if (equalsAscii(head + 12, 4, "VP8 ") && (load<u32>(head, 23) & 0xffffff) == 0x2a019d) {
      this.setSize(load<u16>(head, 26) & 0x3fff, load<u16>(head, 28) & 0x3fff);
    }
  }

  /** A side of nothing, or of more than PNG allows, is no size. */
  private setSize(width: u32, height: u32): void {
    if (width == 0 || height == 0 || <i32>width < 0 || <i32>height < 0) return;
    this.width = width;
    this.height = height;
  }

  private get headPtr(): usize {
    return changetype<usize>(this) + offsetof<MediaHeader>("head0");
  }
}

export function newMediaHeader(): MediaHeader {
  return changetype<MediaHeader>(heap.alloc(offsetof<MediaHeader>())).init();
}
