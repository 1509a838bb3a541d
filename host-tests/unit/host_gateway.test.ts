/** The embedded gateway over sockets: both protocols, reconfiguration, backpressure, endings. */
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net, { type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../host/clock.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../host/gateway.ts";
import { buildUnit } from "../../tools/build.ts";

let wasmPath = "";
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  wasmPath = await buildUnit("probe");
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function upstream(serve: http.RequestListener): Promise<string> {
  const server = http.createServer(serve);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function gateway(
  script: string[],
  url: string,
  options: Partial<GatewayOptions> = {},
): Promise<Gateway> {
  const started = await startGateway({
    wasmPath,
    configuration: { script: script.join("\n") },
    routes: [{ name: "all", match: { prefix: "/" }, cluster: "up" }],
    clusters: { up: { url } },
    ...options,
  });
  closing.push(() => started.close());
  return started;
}

const said = (started: Gateway): string[] =>
  started.logLines.map(({ message }) => message.replace("probe: ", ""));

async function until(done: () => boolean): Promise<void> {
  for (let waited = 0; !done(); waited += 5) {
    if (waited > 3_000) throw new Error("it never came to that");
    await sleep(5);
  }
}

const echo: http.RequestListener = (request, response) => request.pipe(response);

describe("the gateway", () => {
  it("refuses to start with the module's words", async () => {
    const script = ["configure time", "configure ret 0"];
    const clock = new ManualClock(1);
    await expect(gateway(script, "http://127.0.0.1:1", { clock })).rejects.toThrow(
      /refuses the configuration:\nprobe: time 1000000/,
    );
  });

  it("keeps a client's request id, makes one otherwise, and drops hop-by-hop headers", async () => {
    const seen: http.IncomingHttpHeaders[] = [];
    const url = await upstream((request, response) => {
      seen.push(request.headers);
      response.setHeader("connection", "close, x-hop");
      response.setHeader("x-hop", "1");
      response.end("ok");
    });
    const { port, accessLog } = await gateway([], url);
    const socket = net.connect(port, "127.0.0.1");
    const head = "GET / HTTP/1.1\r\nhost: h\r\nx-request-id: mine\r\n";
    socket.write(`${head}te: trailers\r\nx-gone: 1\r\nconnection: keep-alive, x-gone\r\n\r\n`);
    socket.write("GET /2 HTTP/1.1\r\nhost: h\r\n\r\n");
    let text = "";
    socket.on("data", (piece) => (text += String(piece)));
    await until(() => accessLog.length === 2);
    await until(() => text.split("ok").length === 3);
    socket.destroy();
    expect(text).not.toMatch(/x-hop/);
    expect(seen[0]).toMatchObject({ "x-request-id": "mine", host: "h" });
    expect(Object.keys(seen[0] ?? {})).not.toContain("x-gone");
    expect(Object.keys(seen[0] ?? {})).not.toContain("te");
    expect(seen[1]?.["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(accessLog.map(({ id }) => id)).toEqual(["mine", seen[1]?.["x-request-id"]]);
  });

  it("speaks HTTP/2 with prior knowledge on the same port", async () => {
    const url = await upstream((request, response) => {
      response.writeHead(200, { trailer: "x-end" });
      response.write("re:");
      request.on("data", (piece: Buffer) => response.write(piece));
      request.on("end", () => {
        response.addTrailers({ "x-end": String(request.headers["x-many"]) });
        response.end();
      });
    });
    const started = await gateway(["response_trailers set 3 x-more 1"], url);
    const session = http2.connect(started.url);
    const stream = session.request({ ":method": "POST", ":path": "/a", "x-many": ["1", "2"] });
    stream.end("hello");
    let trailers: http2.IncomingHttpHeaders = {};
    stream.on("trailers", (fields) => (trailers = fields));
    let text = "";
    stream.on("data", (piece) => (text += String(piece)));
    await once(stream, "close");
    session.destroy();
    expect(text).toBe("re:hello");
    expect(trailers).toMatchObject({ "x-end": "1, 2", "x-more": "1" });
    expect(started.accessLog[0]).toMatchObject({ status: 200, bytesReceived: 5, bytesSent: 8 });
  });

  it("answers without a host, and to an upgrade, before the filter's callbacks", async () => {
    const { port, accessLog, logLines } = await gateway(["log say"], "http://127.0.0.1:1");
    for (const head of ["", "host: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n"]) {
      const socket = net.connect(port, "127.0.0.1");
      socket.write(`GET / HTTP/1.1\r\n${head}\r\n`);
      await once(socket, "data");
      socket.destroy();
    }
    expect(accessLog.map(({ status, details }) => [status, details])).toEqual([
      [400, "missing_host_header"],
      [403, "upgrade_failed"],
    ]);
    expect(logLines.map(({ message }) => message)).toEqual(["probe: log 0", "probe: log 0"]);
  });

  it("sends the host of an upstream that has a name", async () => {
    const hosts: unknown[] = [];
    const url = await upstream((request, response) => {
      hosts.push(request.headers.host);
      response.end();
    });
    const named = url.replace("127.0.0.1", "localhost");
    const { url: own } = await gateway([], named);
    await fetch(own);
    expect(hosts).toEqual([new URL(named).host]);
  });

  it("cancels the upstream when the client leaves", async () => {
    let closed = false;
    const url = await upstream((_request, response) => {
      response.on("close", () => (closed = true));
      response.write("first");
    });
    const started = await gateway([], url);
    const controller = new AbortController();
    const answer = await fetch(started.url, { signal: controller.signal });
    await answer.body?.getReader().read();
    controller.abort();
    await until(() => closed && started.accessLog.length === 1);
    expect(started.accessLog[0]).toMatchObject({ flags: "DC", bytesSent: 5 });
    expect(started.openStreams()).toBe(0);
  });

  it("stops reading where the other side does not", async () => {
    let written = 0;
    const piece = Buffer.alloc(65_536);
    const url = await upstream((_request, response) => {
      const more = (): void => {
        while (written < 200_000_000) {
          written += piece.length;
          if (!response.write(piece)) return;
        }
        response.end();
      };
      response.on("drain", more);
      more();
    });
    const { port } = await gateway([], url);
    const socket = net.connect(port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    socket.pause();
    await sleep(400);
    const before = written;
    expect(before).toBeLessThan(50_000_000);
    await sleep(100);
    expect(written).toBe(before);
    socket.destroy();
  });

  it("stops reading a request that its upstream does not take", async () => {
    const url = await upstream((request) => void request.pause());
    const started = await gateway([], url);
    const request = http.request(started.url, { method: "POST" });
    request.on("error", () => {});
    const piece = Buffer.alloc(65_536);
    let sent = 0;
    for (let idle = 0; idle < 40 && sent < 200_000_000;) {
      if (request.write(piece)) {
        sent += piece.length;
        continue;
      }
      sent += piece.length;
      const drained = await Promise.race([once(request, "drain"), sleep(20)]);
      idle = drained === undefined ? idle + 1 : 0;
    }
    expect(sent).toBeLessThan(50_000_000);
    request.destroy();
  });

  it("never sends bytes past a declared length", async () => {
    const paths: string[] = [];
    const url = await upstream((request, response) => {
      paths.push(request.url ?? "");
      request.resume().on("end", () => response.end());
    });
    const script = ["request_headers ret 1", "request_body! ret 1", "request_body$ put 0 99 0 GET"];
    const started = await gateway(script, url);
    const answer = await fetch(`${started.url}/a`, { method: "POST", body: "aaaa" });
    expect(answer.status).toBe(502);
    expect(started.violations).toEqual([
      "request body of 7 bytes under content-length 4: smuggling",
    ]);
    expect(paths.filter((path) => path !== "/a")).toEqual([]);
  });

  it("notes and defuses a line break in a response header", async () => {
    const url = await upstream((_request, response) => void response.end("x"));
    const started = await gateway(["response_headers set 2 x-a b^r^nc:d"], url);
    const answer = await fetch(started.url);
    expect(answer.headers.get("x-a")).toBe("bc:d");
    expect(started.violations.length).toBe(2);
  });

  it("lets a trap be seen and fails closed until it is configured again", async () => {
    const started = await gateway(["request_headers trap"], await upstream(echo));
    expect((await fetch(started.url)).status).toBe(503);
    expect((await fetch(started.url)).status).toBe(503);
    expect(started.violations[0]).toMatch(/^trap in proxy_on_request_headers/);
    expect(started.violations.length).toBe(1);
    expect(started.reconfigure({ script: "" }).accepted).toBe(true);
    expect((await fetch(started.url)).status).toBe(200);
  });
});

describe("reconfiguring", () => {
  it("keeps the old configuration when the new one is refused", async () => {
    const started = await gateway(["request_headers reply 201 a b"], await upstream(echo));
    const verdict = started.reconfigure({ script: "configure time\nconfigure ret 0" });
    expect(verdict.accepted).toBe(false);
    expect(verdict.messages[0]).toMatch(/probe: time/);
    expect((await fetch(started.url)).status).toBe(201);
  });

  it("lets a configuration that traps do no harm", async () => {
    const started = await gateway(["request_headers reply 201 a b"], await upstream(echo));
    expect(started.reconfigure({ script: "configure trap" }).accepted).toBe(false);
    expect((await fetch(started.url)).status).toBe(201);
  });

  it("leaves running streams to the old one, which then gets on_done and on_delete", async () => {
    const url = await upstream((_request, response) => {
      response.write("first");
      setTimeout(() => response.end("last"), 150);
    });
    const old = ["response_body$ say", "log say", "done say", "delete say"];
    const started = await gateway(old, url);
    const answer = await fetch(started.url);
    const verdict = started.reconfigure({ script: "request_headers reply 202 a b" });
    expect(verdict).toEqual({ accepted: true, messages: [] });
    expect((await fetch(started.url)).status).toBe(202);
    expect(said(started)).toEqual(["reply 0"]);
    expect(await answer.text()).toBe("firstlast");
    await until(() => said(started).length === 7);
    expect(said(started)).toEqual([
      ...["reply 0", "response_body 0 eos", "log 0", "done 0", "delete 0"],
      ...["done 0", "delete 0"],
    ]);
  });
});

describe("time and metrics", () => {
  it("follow the given clock", async () => {
    const clock = new ManualClock(5_000);
    const script = ["configure tick 1000", "tick say", "request_headers metric hits 0 2"];
    const url = await upstream(() => {});
    const started = await gateway(script, url, {
      clock,
      routes: [{ match: { prefix: "/" }, cluster: "up", timeoutMs: 3_000 }],
    });
    const answer = fetch(started.url);
    await until(() => started.openStreams() === 1);
    await sleep(20);
    clock.advance(2_000);
    const [asked, ...ticks] = said(started).filter((line) => line === "tick 0");
    expect([asked, ticks]).toEqual(["tick 0", ["tick 0", "tick 0"]]);
    clock.advance(1_000);
    expect((await answer).status).toBe(504);
    expect(started.stats()).toEqual({ hits: 2 });
    expect(started.memoryBytes()).toBeGreaterThan(65_535);
  });
});
