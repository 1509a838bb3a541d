import { Status } from "../abi.ts";
import type { HostCallTable } from "./table.ts";

export const metricCalls: HostCallTable = {
  proxy_define_metric: {
    signature: "iiii>i",
    run(vm, kind: number, name: number, nameBytes: number, idAt: number) {
      const text = Buffer.from(vm.view(name, nameBytes)).toString("utf8");
      const id = vm.metrics.define(kind, text);
      if (id === null) return Status.BadArgument;
      vm.writeU32(idAt, id);
      return Status.Ok;
    },
  },
  proxy_increment_metric: {
    signature: "iI>i",
    run: (vm, id: number, delta: bigint) => vm.metrics.increment(id, delta),
  },
  proxy_record_metric: {
    signature: "iI>i",
    run: (vm, id: number, value: bigint) => vm.metrics.record(id, value),
  },
  proxy_get_metric: {
    signature: "ii>i",
    run(vm, id: number, valueAt: number) {
      const value = vm.metrics.read(id);
      if (typeof value !== "bigint") return value;
      vm.writeU64(valueAt, value);
      return Status.Ok;
    },
  },
};
