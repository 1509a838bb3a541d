import { logLevels, Status } from "../abi.ts";
import type { HostCallTable } from "./table.ts";

export const logCalls: HostCallTable = {
  proxy_log: {
    signature: "iii>i",
    early: true,
    run(vm, level: number, text: number, textBytes: number) {
      const name = logLevels[level];
      if (name === undefined) return Status.BadArgument;
      const view = vm.view(text, textBytes);
      if (level >= vm.logLevel) vm.log(name, Buffer.from(view).toString("utf8"));
      return Status.Ok;
    },
  },
  proxy_get_log_level: {
    signature: "i>i",
    run(vm, levelAt: number) {
      vm.writeU32(levelAt, vm.logLevel);
      return Status.Ok;
    },
  },
};
