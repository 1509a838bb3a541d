import { BufferType, Status } from "../abi.ts";
import type { HostCallTable } from "./table.ts";

const u32Max = 0xffff_ffff;

export const bufferCalls: HostCallTable = {
  proxy_get_buffer_bytes: {
    signature: "iiiii>i",
    run(vm, type: number, start: number, bytes: number, dataAt: number, bytesAt: number) {
      if (type < 0 || type > BufferType.CallData) return Status.BadArgument;
      const buffer = vm.context.buffer(type);
      if (buffer === null) return Status.NotFound;
      const from = start >>> 0;
      if (from + (bytes >>> 0) > u32Max) return Status.BadArgument;
      const count = Math.max(Math.min(bytes >>> 0, buffer.length - from), 0);
      return vm.give(count, dataAt, bytesAt, (target) => buffer.copyOut(from, count, target));
    },
  },
  proxy_set_buffer_bytes: {
    signature: "iiiii>i",
    run(vm, type: number, start: number, bytes: number, data: number, dataBytes: number) {
      if (type < 0 || type > BufferType.CallData) return Status.BadArgument;
      const buffer = vm.context.buffer(type);
      if (buffer === null) return Status.NotFound;
      return buffer.write(start >>> 0, bytes >>> 0, vm.read(data, dataBytes));
    },
  },
  proxy_get_buffer_status: {
    signature: "iii>i",
    run(vm, type: number, bytesAt: number, flagsAt: number) {
      if (type < 0 || type > BufferType.CallData) return Status.BadArgument;
      const buffer = vm.context.buffer(type);
      if (buffer === null) return Status.NotFound;
      vm.writeU32(bytesAt, buffer.length);
      vm.writeU32(flagsAt, 0);
      return Status.Ok;
    },
  },
};
