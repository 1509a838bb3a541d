import type { Context } from "./context.ts";

/** A foreign function: gets the argument, answers a result or null for none. */
export type ForeignFunction = (argument: Uint8Array, context: Context) => Uint8Array | null;

/** The part of Envoy's own list that has a meaning here. */
export const envoyForeignFunctions: Record<string, ForeignFunction> = {
  clear_route_cache: (_argument, context) => {
    context.clearRouteCache();
    return null;
  },
  declare_property: () => null,
};
