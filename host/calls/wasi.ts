import type { Vm } from "../vm.ts";
import type { HostCallTable } from "./table.ts";

const success = 0;
const badDescriptor = 8;
const invalid = 28;
const randomBytesMax = 65_536;

/** The WASI functions that Envoy serves; there are no files, arguments or variables. */
export const wasiCalls: HostCallTable = {
  fd_write: { signature: "iiii>i", early: true, run: writeText },
  clock_time_get: {
    signature: "iIi>i",
    early: true,
    run(vm, id: number, _precision: bigint, timeAt: number) {
      if (id !== 0 && id !== 1) return invalid;
      vm.writeU64(timeAt, vm.clock.nowNs());
      return success;
    },
  },
  random_get: {
    signature: "ii>i",
    early: true,
    run(vm, target: number, bytes: number) {
      if (bytes >>> 0 > randomBytesMax) return invalid;
      vm.randomBytes(vm.view(target, bytes));
      return success;
    },
  },
  environ_sizes_get: { signature: "ii>i", early: true, run: noneOf },
  environ_get: { signature: "ii>i", early: true, run: () => success },
  args_sizes_get: { signature: "ii>i", early: true, run: noneOf },
  args_get: { signature: "ii>i", early: true, run: () => success },
  fd_close: { signature: "i>i", early: true, run: () => badDescriptor },
  fd_read: { signature: "iiii>i", early: true, run: () => badDescriptor },
  fd_seek: { signature: "iIii>i", early: true, run: () => badDescriptor },
  fd_fdstat_get: { signature: "ii>i", early: true, run: () => badDescriptor },
  proc_exit: { signature: "i>", early: true, run: () => {} },
};

function noneOf(vm: Vm, countAt: number, bytesAt: number): number {
  vm.writeU32(countAt, 0);
  vm.writeU32(bytesAt, 0);
  return success;
}

function writeText(vm: Vm, fd: number, parts: number, count: number, writtenAt: number): number {
  if (fd !== 1 && fd !== 2) return badDescriptor;
  let text = "";
  for (let index = 0; index < count; index++) {
    const part = Buffer.from(vm.read(parts + index * 8, 8));
    text += vm.readByteString(part.readUInt32LE(0), part.readUInt32LE(4));
  }
  vm.log(fd === 1 ? "info" : "error", Buffer.from(text, "latin1").toString("utf8").trimEnd());
  vm.writeU32(writtenAt, text.length);
  return success;
}
