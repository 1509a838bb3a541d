import type { Pairs } from "./abi.ts";
import type { Downstream } from "./downstream.ts";
import type { HttpStream } from "./stream.ts";

/** What a front needs to serve a request: opens a stream, takes note of what went wrong. */
export interface FrontHost {
  open(downstream: Downstream, headers: Pairs): HttpStream;
  violate(text: string): void;
}

const control = /[\0\r\n]/g;

/** Envoy writes line breaks of a response header to the wire; this host notes and drops them. */
export function safeHeaders(headers: Pairs, host: FrontHost): Pairs {
  return headers.map(([name, value]) => {
    const safe = value.replaceAll(control, "");
    if (safe !== value) host.violate(`control bytes in response header ${name} sent to the client`);
    return [name, safe];
  });
}

/** A status that can be sent; Envoy sends any number as it is. */
export function safeStatus(status: number, host: FrontHost): number {
  if (status >= 200 && status <= 599) return status;
  host.violate(`response status ${status}`);
  return 500;
}
