import { seriesMax, labelBytesMax } from "../bounds";
import { equalsBytes } from "../bytes/ascii";
import { fnv1a64More, fnvOffset64, mix64 } from "../bytes/hash";
import { ByteWriter } from "../bytes/writer";
import { noMetric } from "../abi/metrics";

/** Metrics that exist once for each set of labels. */
export const seriesMetrics: i32 = 32;

/**
 * One set of labels (model, route, identity) and the ids of its metrics, which the host gives out
 * once and never takes back. So their number is bounded: past `seriesMax` sets all further ones
 * share the set whose labels are `other`.
 */
@unmanaged
export class Series {
  private bytes: u32;
  private labels: usize;
  private ids: usize;

  get labelPtr(): usize {
    return this.labels;
  }

  get labelBytes(): u32 {
    return this.bytes;
  }

  /** Address of the id of one metric; `noMetric - 1` until it is defined. */
  idAt(metric: i32): usize {
    return this.ids + <usize>metric * 4;
  }

  init(labels: usize, bytes: u32): Series {
    this.bytes = bytes;
    this.labels = heap.alloc(max<u32>(bytes, 1));
    memory.copy(this.labels, labels, bytes);
    this.ids = heap.alloc(<usize>seriesMetrics * 4);
    for (let i = 0; i < seriesMetrics; i++) store<u32>(this.idAt(i), undefinedMetric);
    return this;
  }
}

/** Marks an id that the host has not been asked for. */
export const undefinedMetric: u32 = noMetric - 1;

const slots: u32 = seriesMax * 2;
const table: usize = memory.data(1024 * 2 * 4, 4);
let count: u32 = 0;
let other: Series | null = null;

/** The series whose label text this is. */
export function seriesOf(labels: usize, bytes: u32): Series {
  let at = (<u32>mix64(fnv1a64More(fnvOffset64, labels, bytes))) & (slots - 1);
  while (true) {
    const address = load<u32>(table + <usize>at * 4);
    if (address == 0) break;
    const series = changetype<Series>(<usize>address);
    if (equalsBytes(series.labelPtr, series.labelBytes, labels, bytes)) return series;
    at = (at + 1) & (slots - 1);
  }
  if (count == seriesMax) return otherSeries();
  const made = newSeries(labels, bytes);
  store<u32>(table + <usize>at * 4, <u32>changetype<usize>(made));
  count += 1;
  return made;
}

const otherLabels: string = ";model=other;;route=other;;identity=other;";

function otherSeries(): Series {
  const known = other;
  if (known !== null) return known;
  const bytes = <u32>otherLabels.length;
  const text = heap.alloc(bytes);
  for (let i: u32 = 0; i < bytes; i++) store<u8>(text + i, <u8>otherLabels.charCodeAt(i));
  const made = newSeries(text, bytes);
  heap.free(text);
  other = made;
  return made;
}

function newSeries(labels: usize, bytes: u32): Series {
  return changetype<Series>(heap.alloc(offsetof<Series>())).init(labels, bytes);
}

/**
 * Writes `;name=value;`, the form that the shipped tag rules read. What would break out of it (`;`,
 * anything but printable ASCII) becomes `_`; a long value is cut.
 */
export function writeLabel(out: ByteWriter, name: string, value: usize, bytes: u32): void {
  out.byte(0x3b);
  out.ascii(name);
  out.byte(0x3d);
  const kept = min<u32>(bytes, labelBytesMax);
  for (let i: u32 = 0; i < kept; i++) {
    const byte = load<u8>(value + i);
    out.byte(byte == 0x3b || byte < 0x21 || byte > 0x7e ? 0x5f : byte);
  }
  out.byte(0x3b);
}
