const enum JpegPhase {
  /** The 0xff in front of a marker. */
  Lead,
  Marker,
  LengthHigh,
  LengthLow,
  Segment,
  Frame,
}

/** Of a frame header: its precision, then height and width. */
const frameBytes: u32 = 5;

/**
 * Finds the size of an image in the bytes of a JPEG file behind its first marker: passes segments
 * over, by the lengths they state, up to the frame header (ITU T.81, B.2.2).
 */
@unmanaged
export class JpegFrame {
  width: u32;
  height: u32;
  private phase: JpegPhase;
  private marker: u8;
  private length: u32;
  private frame: u64;
  private taken: u32;

  start(): void {
    memory.fill(changetype<usize>(this), 0, offsetof<JpegFrame>());
  }

  /** True when the search is over; without a size when there is none to be found. */
  take(byte: u8): bool {
    switch (this.phase) {
      case JpegPhase.Lead:
        this.phase = JpegPhase.Marker;
        return byte != 0xff;
      case JpegPhase.Marker:
        return this.takeMarker(byte);
      case JpegPhase.LengthHigh:
        this.length = (<u32>byte) << 8;
        this.phase = JpegPhase.LengthLow;
        return false;
      case JpegPhase.LengthLow:
        return this.takeLength(byte);
      case JpegPhase.Segment:
        if (--this.length == 0) this.phase = JpegPhase.Lead;
        return false;
      default:
        return this.takeFrame(byte);
    }
  }

  /** Fill bytes may stand before a marker; the scan, or the end, comes too late for a size. */
  private takeMarker(byte: u8): bool {
    if (byte == 0xff) return false;
    this.marker = byte;
    this.phase = JpegPhase.LengthHigh;
    const alone = byte == 0x01 || <u8>(byte - 0xd0) < 8;
    if (alone) this.phase = JpegPhase.Lead;
    return byte == 0 || byte == 0xd9 || byte == 0xda;
  }

  private takeLength(byte: u8): bool {
    this.length |= byte;
    if (this.length < 2) return true;
    this.length -= 2;
    const isFrame = this.marker >> 4 == 0xc && !isTable(this.marker);
    this.phase = isFrame ? JpegPhase.Frame : JpegPhase.Segment;
    if (this.length == 0) this.phase = JpegPhase.Lead;
    return isFrame && this.length < frameBytes;
  }

  private takeFrame(byte: u8): bool {
    this.frame = (this.frame << 8) | byte;
    if (++this.taken < frameBytes) return false;
    this.width = (<u32>this.frame) & 0xffff;
    this.height = (<u32>(this.frame >> 16)) & 0xffff;
    if (this.width == 0) this.height = 0;
    return true;
  }
}

/** Markers among those of frames that announce tables: DHT, JPG and DAC. */
function isTable(marker: u8): bool {
  return marker == 0xc4 || marker == 0xc8 || marker == 0xcc;
}
