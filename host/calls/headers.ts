import { MapType, Status } from "../abi.ts";
import type { Context } from "../context.ts";
import type { HeaderMap } from "../header_map.ts";
import { decodePairs, encodePairs } from "../pairs.ts";
import type { Vm } from "../vm.ts";
import type { HostCallTable } from "./table.ts";

const lastMap = MapType.CalloutTrailers;
const control = /[\0\r\n]/;

/** The map for a single value: BadArgument outside its window, from on_log on NotFound. */
function readable(context: Context, type: number): HeaderMap | Status {
  if (type > lastMap || type < 0) return Status.BadArgument;
  const map = context.readableMap(type);
  if (map !== null) return map;
  return context.phase === "log" ? Status.NotFound : Status.BadArgument;
}

/** Runs an edit on the map if it may be edited now. */
function edit(vm: Vm, type: number, change: (map: HeaderMap) => void): Status {
  if (type > lastMap || type < 0) return Status.BadArgument;
  const { context } = vm;
  const map = context.writableMap(type);
  if (map === null) return Status.BadArgument;
  change(map);
  context.mapEdited(type);
  return Status.Ok;
}

/** Envoy accepts any value; on a response a line break in one goes to the wire as it is. */
function checkValue(vm: Vm, type: number, name: string, value: string): void {
  if (!control.test(value) && !control.test(name)) return;
  vm.violate(`control bytes in header ${JSON.stringify(name)} of map ${type}: header injection`);
}

export const headerCalls: HostCallTable = {
  proxy_get_header_map_value: {
    signature: "iiiii>i",
    run(vm, type: number, name: number, nameBytes: number, valueAt: number, bytesAt: number) {
      const map = readable(vm.context, type);
      if (typeof map === "number") return map;
      const value = map.get(vm.readByteString(name, nameBytes));
      if (value === null) return Status.NotFound;
      return vm.give(value.length, valueAt, bytesAt, (target) => {
        Buffer.from(target.buffer, target.byteOffset, target.length).write(value, "latin1");
      });
    },
  },
  proxy_add_header_map_value: {
    signature: "iiiii>i",
    run(vm, type: number, name: number, nameBytes: number, value: number, valueBytes: number) {
      const pair = [
        vm.readByteString(name, nameBytes),
        vm.readByteString(value, valueBytes),
      ] as const;
      checkValue(vm, type, ...pair);
      return edit(vm, type, (map) => map.add(...pair));
    },
  },
  proxy_replace_header_map_value: {
    signature: "iiiii>i",
    run(vm, type: number, name: number, nameBytes: number, value: number, valueBytes: number) {
      const pair = [
        vm.readByteString(name, nameBytes),
        vm.readByteString(value, valueBytes),
      ] as const;
      checkValue(vm, type, ...pair);
      return edit(vm, type, (map) => map.replace(...pair));
    },
  },
  proxy_remove_header_map_value: {
    signature: "iii>i",
    run(vm, type: number, name: number, nameBytes: number) {
      const key = vm.readByteString(name, nameBytes);
      return edit(vm, type, (map) => map.remove(key));
    },
  },
  proxy_get_header_map_pairs: {
    signature: "iii>i",
    run(vm, type: number, pairsAt: number, bytesAt: number) {
      if (type < 0 || type > lastMap) return Status.BadArgument;
      const map = vm.context.readableMap(type);
      if (map === null || map.size === 0) return vm.give(0, pairsAt, bytesAt, () => {});
      return vm.giveBytes(encodePairs(map.pairs()), pairsAt, bytesAt);
    },
  },
  proxy_set_header_map_pairs: {
    signature: "iii>i",
    run(vm, type: number, pairs: number, pairsBytes: number) {
      const list = decodePairs(vm.view(pairs, pairsBytes));
      for (const [name, value] of list) checkValue(vm, type, name, value);
      return edit(vm, type, (map) => {
        map.clear();
        for (const [name, value] of list) map.add(name, value);
      });
    },
  },
  proxy_get_header_map_size: {
    signature: "ii>i",
    run(vm, type: number, bytesAt: number) {
      if (type < 0 || type > lastMap) return Status.BadArgument;
      vm.writeU32(bytesAt, vm.context.readableMap(type)?.bytes ?? 0);
      return Status.Ok;
    },
  },
};
