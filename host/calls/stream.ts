import { Status } from "../abi.ts";
import { decodePairs } from "../pairs.ts";
import type { Vm } from "../vm.ts";
import type { HostCallTable } from "./table.ts";

/** From on_log on a local reply or a close crashes a real Envoy; true: note it and do nothing. */
function tooLate(vm: Vm, name: string): boolean {
  const { phase } = vm.context;
  if (phase === "stream") return false;
  vm.violate(`${name} in on_${phase}: a real Envoy crashes`);
  return true;
}

export const streamCalls: HostCallTable = {
  proxy_send_local_response: {
    signature: "iiiiiiii>i",
    run(
      vm,
      status: number,
      details: number,
      detailsBytes: number,
      body: number,
      bodyBytes: number,
      headers: number,
      headersBytes: number,
    ) {
      const reply = {
        status,
        details: vm.readByteString(details, detailsBytes).replaceAll(/\s/g, "_"),
        headers: decodePairs(vm.view(headers, headersBytes)),
        body: vm.read(body, bodyBytes),
      };
      if (tooLate(vm, "proxy_send_local_response")) return Status.Ok;
      for (const [name, value] of reply.headers) {
        if (/[\0\r\n]/.test(name + value)) vm.violate(`control bytes in header ${name} of a reply`);
      }
      vm.context.sendLocalResponse(reply);
      vm.stopRequested = true;
      return Status.Ok;
    },
  },
  proxy_continue_stream: {
    signature: "i>i",
    run: (vm, type: number) => vm.context.continueStream(type),
  },
  proxy_close_stream: {
    signature: "i>i",
    run(vm, type: number) {
      return tooLate(vm, "proxy_close_stream") ? Status.Ok : vm.context.closeStream(type);
    },
  },
  proxy_set_effective_context: {
    signature: "i>i",
    run: (vm, id: number) => vm.setEffectiveContext(id),
  },
  proxy_done: {
    signature: ">i",
    run(vm) {
      const { root } = vm.context;
      vm.defer(() => root.finish());
      return Status.Ok;
    },
  },
  proxy_call_foreign_function: {
    signature: "iiiiii>i",
    run(
      vm,
      name: number,
      nameBytes: number,
      argument: number,
      argumentBytes: number,
      resultAt: number,
      bytesAt: number,
    ) {
      const run = vm.foreignFunctions.get(vm.readByteString(name, nameBytes));
      if (run === undefined) return Status.NotFound;
      const result = run(vm.read(argument, argumentBytes), vm.context);
      if (resultAt === 0 || bytesAt === 0) return Status.Ok;
      return vm.giveBytes(result ?? new Uint8Array(), resultAt, bytesAt);
    },
  },
};
