import { ByteWriter, newByteWriter } from "../../assembly/bytes/writer";
import { Model, Target } from "../../assembly/config/config";
import { addRecord, isRoot, recordOf, removeRecord } from "../../assembly/filter/registry";
import { Series, seriesMetrics, seriesOf, undefinedMetric } from "../../assembly/filter/series";
import { writeLabel } from "../../assembly/filter/series";
import { chooseTarget } from "../../assembly/route/choose";

const out: ByteWriter = newByteWriter(256, 1 << 16);
let model: Model = new Model();

export function allocate(bytes: u32): usize {
  return heap.alloc(bytes);
}

export function release(ptr: usize): void {
  heap.free(ptr);
}

export function add(id: u32, record: usize, root: bool): void {
  addRecord(id, record, root);
}

export function find(id: u32): usize {
  return recordOf(id);
}

export function root(id: u32): bool {
  return isRoot(id);
}

export function remove(id: u32): void {
  removeRecord(id);
}

/** Opens and closes that many streams, `open` of them at once; the number that was lost. */
export function churn(times: u32, open: u32, firstId: u32): u32 {
  let lost: u32 = 0;
  for (let i: u32 = 0; i < times; i++) {
    if (i >= open) removeRecord(firstId + i - open);
    addRecord(firstId + i, 1000 + i, false);
    if (recordOf(firstId + i) != 1000 + i) lost += 1;
    if (i >= open && recordOf(firstId + i - open) != 0) lost += 1;
  }
  for (let i = times - open; i < times; i++) removeRecord(firstId + i);
  return lost;
}

export function series(ptr: usize, bytes: u32): Series {
  return seriesOf(ptr, bytes);
}

export function labelPtr(one: Series): usize {
  return one.labelPtr;
}

export function labelBytes(one: Series): u32 {
  return one.labelBytes;
}

export function metrics(): i32 {
  return seriesMetrics;
}

/** The id of a metric, or -1 as long as it is not defined. */
export function metricId(one: Series, metric: i32): i32 {
  const id = load<u32>(one.idAt(metric));
  return id == undefinedMetric ? -1 : <i32>id;
}

export function defineMetric(one: Series, metric: i32, id: u32): void {
  store<u32>(one.idAt(metric), id);
}

/** Writes a label of the name `route`; its text is at `outPtr()`. */
export function label(ptr: usize, bytes: u32): u32 {
  out.reset();
  writeLabel(out, "route", ptr, bytes);
  return out.bytes;
}

export function outPtr(): usize {
  return out.ptr;
}

export function newModel(): void {
  model = new Model();
  model.weightTotal = 0;
}

export function addTarget(weight: u32): void {
  const target = new Target();
  target.weight = weight;
  model.targets.push(target);
  model.weightTotal += weight;
}

/** Position of the target that a key falls to. */
export function choose(keyHash: u64): i32 {
  return model.targets.indexOf(chooseTarget(model, keyHash));
}

/** How many of so many keys, from `firstKey` on, fall to each target, as u32s at `counts`. */
export function chooseMany(firstKey: u64, keys: u32, counts: usize): void {
  memory.fill(counts, 0, <usize>model.targets.length * 4);
  for (let i: u32 = 0; i < keys; i++) {
    const at = counts + <usize>choose(firstKey + i) * 4;
    store<u32>(at, load<u32>(at) + 1);
  }
}
