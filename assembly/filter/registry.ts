/**
 * Which record belongs to which context of the host. Open addressing over context ids, outside the
 * managed heap; grows with the streams that are open at once and never searches long.
 */
const initialCapacity: u32 = 256;

/**
 * Slots of (id, state, record address, is it a root); an emptied slot differs from an empty one.
 */
const slotBytes: usize = 16;
const slotEmpty: u32 = 0;
const slotTaken: u32 = 1;
const slotFreed: u32 = 2;

let table: usize = allocateTable(initialCapacity);
let capacity: u32 = initialCapacity;
let taken: u32 = 0;
let used: u32 = 0;

/** Address of the record of a context, 0 when it has none. */
export function recordOf(id: u32): usize {
  const slot = find(id);
  return slot == 0 ? 0 : load<u32>(slot, 8);
}

/** True when the context is a root, that is, a plugin configuration and not a stream. */
export function isRoot(id: u32): bool {
  const slot = find(id);
  return slot != 0 && load<u32>(slot, 12) != 0;
}

export function addRecord(id: u32, record: usize, root: bool): void {
  if ((used + 1) * 2 > capacity) rebuild();
  let at: usize = home(id);
  while (load<u32>(table + at * slotBytes, 4) == slotTaken) at = (at + 1) & (<usize>capacity - 1);
  const slot = table + at * slotBytes;
  if (load<u32>(slot, 4) == slotEmpty) used += 1;
  taken += 1;
  store<u32>(slot, id);
  store<u32>(slot, slotTaken, 4);
  store<u32>(slot, <u32>record, 8);
  store<u32>(slot, root ? 1 : 0, 12);
}

export function removeRecord(id: u32): void {
  const slot = find(id);
  if (slot == 0) return;
  store<u32>(slot, slotFreed, 4);
  taken -= 1;
}

function home(id: u32): u32 {
  return ((id * 0x9e3779b1) >> 8) & (capacity - 1);
}

function find(id: u32): usize {
  let at: usize = home(id);
  for (let tries: u32 = 0; tries < capacity; tries++) {
    const slot = table + at * slotBytes;
    const state = load<u32>(slot, 4);
    if (state == slotEmpty) return 0;
    if (state == slotTaken && load<u32>(slot) == id) return slot;
    at = (at + 1) & (<usize>capacity - 1);
  }
  return 0;
}

/** Drops emptied slots, and doubles the table when the records need the room. */
function rebuild(): void {
  const old = table;
  const oldCapacity = capacity;
  if ((taken + 1) * 4 > capacity) capacity <<= 1;
  table = allocateTable(capacity);
  taken = 0;
  used = 0;
  for (let i: u32 = 0; i < oldCapacity; i++) {
    const slot = old + <usize>i * slotBytes;
    if (load<u32>(slot, 4) == slotTaken) moveRecord(slot);
  }
  heap.free(old);
}

function moveRecord(slot: usize): void {
  addRecord(load<u32>(slot), load<u32>(slot, 8), load<u32>(slot, 12) != 0);
}

function allocateTable(slots: u32): usize {
  const bytes = <usize>slots * slotBytes;
  const ptr = heap.alloc(bytes);
  memory.fill(ptr, 0, bytes);
  return ptr;
}
