import { Status } from "../abi.ts";
import type { HostCallTable } from "./table.ts";

export const timeCalls: HostCallTable = {
  proxy_set_tick_period_milliseconds: {
    signature: "i>i",
    run(vm, periodMs: number) {
      vm.context.root.setTickPeriod(periodMs >>> 0);
      return Status.Ok;
    },
  },
  proxy_get_current_time_nanoseconds: {
    signature: "i>i",
    run(vm, timeAt: number) {
      vm.writeU64(timeAt, vm.clock.nowNs());
      return Status.Ok;
    },
  },
};
