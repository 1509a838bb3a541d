import { Status } from "../abi.ts";
import { decodePairs } from "../pairs.ts";
import type { HostCallTable } from "./table.ts";

/** HTTP callouts go to the embedder; gRPC knows no cluster, which Envoy answers the same way. */
export const calloutCalls: HostCallTable = {
  proxy_http_call: {
    signature: "iiiiiiiiii>i",
    run(
      vm,
      cluster: number,
      clusterBytes: number,
      headers: number,
      headersBytes: number,
      body: number,
      bodyBytes: number,
      trailers: number,
      trailersBytes: number,
      timeoutMs: number,
      tokenAt: number,
    ) {
      const call = {
        cluster: vm.readByteString(cluster, clusterBytes),
        headers: decodePairs(vm.view(headers, headersBytes)),
        body: vm.read(body, bodyBytes),
        trailers: decodePairs(vm.view(trailers, trailersBytes)),
        timeoutMs,
      };
      const names = new Set(call.headers.map(([name]) => name));
      const complete = [":path", ":method", ":authority"].every((name) => names.has(name));
      if (timeoutMs < 0 || !complete) return Status.BadArgument;
      const token = vm.beginCallout(vm.context.root, call);
      if (token === null) return Status.BadArgument;
      vm.writeU32(tokenAt, token);
      return Status.Ok;
    },
  },
  proxy_grpc_call: { signature: "iiiiiiiiiiii>i", run: () => Status.ParseFailure },
  proxy_grpc_stream: { signature: "iiiiiiiii>i", run: () => Status.ParseFailure },
  proxy_grpc_send: { signature: "iiii>i", run: () => Status.NotFound },
  proxy_grpc_close: { signature: "i>i", run: () => Status.NotFound },
  proxy_grpc_cancel: { signature: "i>i", run: () => Status.NotFound },
  proxy_get_status: {
    signature: "iii>i",
    run(vm, codeAt: number, textAt: number, bytesAt: number) {
      vm.writeU32(codeAt, 0);
      return vm.give(0, textAt, bytesAt, () => {});
    },
  },
};
