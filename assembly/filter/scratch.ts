import { scratchKeepBytes } from "../bounds";
import { ByteWriter, newByteWriter } from "../bytes/writer";

/**
 * Output buffers that live for one callback. A VM runs one callback at a time, so one of each is
 * enough for all streams.
 */

/** Whole bodies: edited requests, edited response chunks. */
export const bodyScratch: ByteWriter = newByteWriter(0, 0x7fff_ffff);

/** Short texts: property values, metric names, log lines, JSON of error replies. */
export const textScratch: ByteWriter = newByteWriter(1024, 65536);

/** Gives a large buffer back, so that one large body does not stay in memory. */
export function releaseScratch(writer: ByteWriter): void {
  if (writer.capacityBytes > scratchKeepBytes) writer.dispose();
  else writer.reset();
}
