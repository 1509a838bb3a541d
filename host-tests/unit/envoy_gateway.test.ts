import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AccessLogLine } from "../../host/access_log.ts";
import { stateFields } from "../../host/access_log.ts";
import { type EnvoyGateway, startEnvoyGateway } from "../../envoy/gateway.ts";
import { sendHttp2 } from "../flow/client.ts";
import { startProvider } from "../flow/provider.ts";
import { buildUnit, rootDir } from "../../tools/build.ts";

const counter = "tokenstile_tokens_total;type=input;;model=gpt-4o;";
const header = "x-tokenstile-route";
let upstream: Server;
let upstreamUrl = "";
let probePath = "";
let gateway: EnvoyGateway | null = null;

beforeAll(async () => {
  probePath = await buildUnit("envoy_probe");
  upstream = createServer((request, response) => response.end(JSON.stringify(request.headers)));
  await new Promise<void>((done) => upstream.listen(0, "127.0.0.1", done));
  upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await gateway?.close();
  gateway = null;
});

afterAll(() => {
  upstream.close();
  upstream.closeAllConnections();
});

/** An Envoy whose probe writes `route` into the routing header. */
async function start(route: string): Promise<EnvoyGateway> {
  gateway = await startEnvoyGateway({
    wasmPath: probePath,
    configuration: { route },
    routes: [
      { match: { prefix: "/", headers: [{ name: header, exact: "by-name" }] }, cluster: "one" },
      { match: { prefix: "/" }, clusterHeader: header },
    ],
    clusters: { one: { url: upstreamUrl }, two: { url: upstreamUrl } },
  });
  return gateway;
}

async function clusterOf(envoy: EnvoyGateway, id: string): Promise<string | null> {
  await fetch(envoy.url, { headers: { "x-request-id": id } });
  return (await lineOf(envoy, id)).cluster;
}

async function lineOf(envoy: EnvoyGateway, id: string): Promise<AccessLogLine> {
  for (let tries = 0; tries < 200; tries++) {
    const line = (await envoy.accessLog()).find((each) => each.id === id);
    if (line) return line;
    await sleep(10);
  }
  throw new Error(`no access log line ${id}`);
}

describe("an Envoy with a module in it", () => {
  it("routes on the module's header, by rule and by cluster header", async () => {
    const envoy = await start("by-name");
    expect(await clusterOf(envoy, "a")).toBe("one");
    await envoy.reconfigure({ route: "two" });
    expect(await clusterOf(envoy, "b")).toBe("two");
  });

  it("writes every field of the access log, unset ones as null", async () => {
    const envoy = await start("one");
    const id = "01234567-89ab-4cde-8f01-23456789abcd";
    await fetch(`${envoy.url}/v1/x?y=z`, {
      method: "POST",
      body: "12345",
      headers: { "x-request-id": id },
    });
    const unset = Object.fromEntries(stateFields.map((field) => [field, null]));
    expect(await lineOf(envoy, id)).toEqual({
      ...unset,
      ...{ id, method: "POST", path: "/v1/x?y=z", status: 200, details: "via_upstream" },
      ...{ flags: "-", cluster: "one", bytesReceived: 5, bytesSent: expect.any(Number) as number },
      model: "gpt-4o",
    });
  });

  it("shows the module's counters by their own names, and as labels to Prometheus", async () => {
    const envoy = await start("one");
    await clusterOf(envoy, "a");
    expect(await envoy.stats()).toEqual({ [counter]: 7 });
    const page = await envoy.envoy.admin("/stats/prometheus");
    expect(page).toContain(`tokenstile_tokens_total{type="input",model="gpt-4o"} 7`);
  });

  it("keeps the old configuration when the module refuses the new one", async () => {
    const envoy = await start("one");
    const messages = ["policy.name: refused by the probe"];
    expect(await envoy.reconfigure({ route: "refuse" })).toEqual({ accepted: false, messages });
    expect(await clusterOf(envoy, "a")).toBe("one");
    expect(await envoy.reconfigure({ route: "two" })).toEqual({ accepted: true, messages: [] });
    expect(await envoy.reconfigure({ route: "two" })).toEqual({ accepted: true, messages: [] });
    expect(await clusterOf(envoy, "b")).toBe("two");
  });

  it("does not start with a configuration that the module refuses, and says why", async () => {
    await expect(start("refuse")).rejects.toThrow(/policy\.name: refused by the probe/);
  });

  it("speaks HTTP/2 both ways, on two workers", async () => {
    const provider = await startProvider({ http2: true });
    gateway = await startEnvoyGateway({
      wasmPath: probePath,
      configuration: { route: "one" },
      routes: [{ match: { prefix: "/" }, clusterHeader: header }],
      clusters: { one: { url: provider.url, http2: true } },
      concurrency: 2,
    });
    for (let n = 0; n < 8; n++) {
      provider.queue({ chunks: ["two"], trailers: [["x-end", "yes"]] });
      const { replies } = await sendHttp2(gateway.port, { path: "/v1", body: "ask" });
      expect([String(replies[0]?.body), replies[0]?.trailers]).toEqual(["two", [["x-end", "yes"]]]);
    }
    expect(provider.requests.map(({ httpVersion }) => httpVersion)).toEqual(Array(8).fill("2.0"));
    await provider.close();
  });

  it("ends and removes its folder when closed", async () => {
    const { envoy } = await start("one");
    await gateway?.close();
    expect(envoy.ended()).not.toBeNull();
    expect(existsSync(envoy.folder)).toBe(false);
  });

  it("does not outlive a process that is killed", async () => {
    const start = pathToFileURL(join(rootDir, "envoy/start.ts")).href;
    const find = pathToFileURL(join(rootDir, "envoy/find.ts")).href;
    const script = `
      const { startEnvoy } = await import(${JSON.stringify(start)});
      const { findEnvoy } = await import(${JSON.stringify(find)});
      const { path } = await findEnvoy();
      const envoy = await startEnvoy({ path, bootstrap: () => ({}) });
      console.log(JSON.stringify([envoy.pid, envoy.folder]));
      setInterval(() => {}, 1000);`;
    const args = ["--import", "tsx", "--input-type=module", "-e", script];
    const parent = spawn(process.execPath, args, {
      cwd: rootDir,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const line = await new Promise<string>((done) => parent.stdout.once("data", done));
    const [pid, folder] = JSON.parse(String(line)) as [number, string];
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    for (let tries = 0; tries < 300 && (isAlive(pid) || existsSync(folder)); tries++) {
      await sleep(10);
    }
    expect([isAlive(pid), existsSync(folder)]).toEqual([false, false]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
