import { Status } from "../abi.ts";
import type { Vm } from "../vm.ts";
import type { HostCallTable } from "./table.ts";

export const sharedCalls: HostCallTable = {
  proxy_get_shared_data: {
    signature: "iiiii>i",
    run(vm, key: number, keyBytes: number, valueAt: number, bytesAt: number, casAt: number) {
      const entry = vm.sharedData.get(vm.readByteString(key, keyBytes));
      if (entry === null) return Status.NotFound;
      const given = vm.giveBytes(entry.value, valueAt, bytesAt);
      if (given === Status.Ok) vm.writeU32(casAt, entry.cas);
      return given;
    },
  },
  proxy_set_shared_data: {
    signature: "iiiii>i",
    run(vm, key: number, keyBytes: number, value: number, valueBytes: number, cas: number) {
      const name = vm.readByteString(key, keyBytes);
      return vm.sharedData.set(name, vm.read(value, valueBytes), cas >>> 0);
    },
  },
  proxy_register_shared_queue: {
    signature: "iii>i",
    run(vm, name: number, nameBytes: number, tokenAt: number) {
      const wakeOf = queueWakeOf(vm);
      const text = vm.readByteString(name, nameBytes);
      vm.writeU32(tokenAt, vm.sharedQueues.register(vm.vmId, text, wakeOf));
      return Status.Ok;
    },
  },
  proxy_resolve_shared_queue: {
    signature: "iiiii>i",
    run(vm, vmId: number, vmIdBytes: number, name: number, nameBytes: number, tokenAt: number) {
      const owner = vm.readByteString(vmId, vmIdBytes);
      const token = vm.sharedQueues.resolve(owner, vm.readByteString(name, nameBytes));
      if (token === null) return Status.NotFound;
      vm.writeU32(tokenAt, token);
      return Status.Ok;
    },
  },
  proxy_enqueue_shared_queue: {
    signature: "iii>i",
    run(vm, token: number, data: number, dataBytes: number) {
      return vm.sharedQueues.enqueue(token, vm.read(data, dataBytes));
    },
  },
  proxy_dequeue_shared_queue: {
    signature: "iii>i",
    run(vm, token: number, dataAt: number, bytesAt: number) {
      const message = vm.sharedQueues.dequeue(token);
      return typeof message === "number" ? message : vm.giveBytes(message, dataAt, bytesAt);
    },
  },
};

/** A wake-up runs on the registering root, outside any stream callback. */
function queueWakeOf(vm: Vm): (token: number) => () => void {
  const { root } = vm.context;
  return (token) => () => {
    vm.turns.post(() => void vm.call(root, "proxy_on_queue_ready", root.id, token));
  };
}
