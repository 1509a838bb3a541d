import { fromByteString, Status } from "../abi.ts";
import { readProperty, unserializable } from "../properties.ts";
import type { HostCallTable } from "./table.ts";

export const propertyCalls: HostCallTable = {
  proxy_get_property: {
    signature: "iiii>i",
    run(vm, path: number, pathBytes: number, valueAt: number, bytesAt: number) {
      const { context } = vm;
      const { name, rootId } = context.root;
      const names = { name, rootId, vmId: vm.vmId };
      const tokens = fromByteString(vm.readByteString(path, pathBytes)).split("\0");
      // Some SDKs close the last token too.
      if (tokens.length > 1 && tokens.at(-1) === "") tokens.pop();
      const value = readProperty(tokens, names, context.properties);
      if (value === null) return Status.NotFound;
      if (value === unserializable) return Status.SerializationFailure;
      return vm.giveBytes(value, valueAt, bytesAt);
    },
  },
  proxy_set_property: {
    signature: "iiii>i",
    run(vm, path: number, pathBytes: number, value: number, valueBytes: number) {
      const key = fromByteString(vm.readByteString(path, pathBytes));
      return vm.context.setProperty(key, vm.read(value, valueBytes));
    },
  },
};
