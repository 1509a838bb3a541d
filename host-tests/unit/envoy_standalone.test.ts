/** Does what the page in envoy/standalone says, with real Envoy, mocks and curl, on free ports. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { accessLogFormat } from "../../envoy/access_log_format.ts";
import { metricLabels, statsTags } from "../../envoy/bootstrap.ts";
import { findEnvoy } from "../../envoy/find.ts";
import { type Bootstrap, type RunningEnvoy, startEnvoy } from "../../envoy/start.ts";
import type { AccessLogLine } from "../../host/access_log.ts";
import { buildModule, rootDir } from "../../tools/build.ts";

const run = promisify(execFile);
const folder = join(rootDir, "envoy/standalone");
const yaml = readFileSync(join(folder, "envoy.yaml"), "utf8");
const commands = [
  ...readFileSync(join(folder, "README.md"), "utf8").matchAll(/```sh\n([^]*?)```/g),
].map((match) => match[1] ?? "");
const listenerName = "llm";

const mocks: ChildProcess[] = [];
const ports = new Map<number, number>();
let envoy: RunningEnvoy;

/** Puts the port that a process really has in the place of the one that the documents name. */
function onRealPorts(text: string): string {
  return text.replace(/(127\.0\.0\.1:|port_value: |--port )(\d+)/g, (whole, before, port) => {
    const real = ports.get(Number(port));
    return real === undefined ? whole : `${before}${real}`;
  });
}

async function startMock(command: string): Promise<void> {
  const [, documented] = /--port (\d+)/.exec(command) ?? [];
  const words = command
    .replace(/--port \d+/, "--port 0")
    .trim()
    .split(/\s+/)
    .slice(2);
  const script = join(rootDir, "cli/tokenstile.mjs");
  const mock = spawn(process.execPath, [script, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  mocks.push(mock);
  const said = await new Promise<string>((done) =>
    mock.stdout?.once("data", (data) => done(`${data}`)),
  );
  ports.set(Number(documented), Number(/127\.0\.0\.1:(\d+)/.exec(said)?.[1]));
}

function command(pattern: RegExp): string {
  const found = commands.filter((text) => pattern.test(text));
  if (found.length !== 1)
    throw new Error(`${found.length} commands in the README match ${pattern}`);
  return onRealPorts(found[0] ?? "");
}

interface Reply {
  head: string;
  body: string;
}

async function ask(pattern: RegExp): Promise<Reply> {
  const { stdout } = await run("sh", ["-c", command(pattern)], { cwd: rootDir });
  const [head = "", ...body] = stdout.split("\r\n\r\n");
  return { head, body: body.join("\r\n\r\n") };
}

/** The latest line of the access log, which goes to stdout, once there are `count`. */
async function logged(count: number): Promise<AccessLogLine> {
  for (let tries = 0; tries < 300; tries++) {
    const lines = envoy
      .log()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    if (lines.length >= count) return JSON.parse(lines[count - 1] ?? "") as AccessLogLine;
    await sleep(10);
  }
  throw new Error(`no line ${count} in the access log:\n${envoy.log()}`);
}

beforeAll(async () => {
  await buildModule();
  const mockCommands = commands.filter((text) => text.startsWith("npx tokenstile mock"));
  await Promise.all(mockCommands.map(startMock));
  ports.set(10000, 0);
  const bootstrap = parse(onRealPorts(yaml), { merge: true }) as Bootstrap;
  envoy = await startEnvoy({ path: (await findEnvoy()).path, bootstrap: () => bootstrap });
  ports.set(10000, await envoy.portOf(listenerName));
  ports.set(9901, Number(new URL(envoy.adminUrl).port));
});

afterAll(async () => {
  await envoy?.stop();
  for (const mock of mocks) mock.kill();
});

describe("envoy/standalone", () => {
  it("is valid as it stands", async () => {
    const { path } = await findEnvoy();
    const args = ["--mode", "validate", "-c", "envoy/standalone/envoy.yaml"];
    const { stdout, stderr } = await run(path, args, { cwd: rootDir });
    expect(stdout + stderr).toMatch(/configuration '.*envoy\.yaml' OK/);
  });

  it("logs every field, and has the tag rules that the tests use", () => {
    const parsed = parse(yaml) as { stats_config: { stats_tags: unknown } };
    expect(parsed.stats_config.stats_tags).toEqual(statsTags());
    const format = /json_format:\n([^]*?)\n {2}clusters:/.exec(yaml)?.[1] ?? "";
    expect(parse(format)).toMatchObject(accessLogFormat());
  });

  it("has a rule for every label of the module's metrics", () => {
    const source = readFileSync(join(rootDir, "assembly/filter/counters.ts"), "utf8");
    const labels = [...source.matchAll(/;(\w+)=|writeLabel\(out, "(\w+)"/g)];
    const names = labels.map((label) => label[1] ?? label[2]);
    expect(names.length).toBeGreaterThan(5);
    expect([...new Set(names)].sort()).toEqual([...metricLabels].sort());
  });

  it("routes, counts and prices a request", async () => {
    const { head, body } = await ask(/curl.*[^]*"model": "chat-default"/);
    expect(head).toMatch(/^HTTP\/1\.1 200[^]*x-mock-provider: openai/i);
    expect(JSON.parse(body)).toMatchObject({ model: "chat-default" });
    expect(await logged(1)).toMatchObject({
      ...{ status: 200, cluster: "openai", route: "openai", decision: "admit" },
      ...{ requested_model: "chat-default", model: "gpt-4o", ending: "complete" },
      prompt_tokens: expect.stringMatching(/^[1-9]\d*$/) as string,
      output_tokens: expect.stringMatching(/^[1-9]\d*$/) as string,
      cost_nano_usd: expect.stringMatching(/^[1-9]\d*$/) as string,
    });
  });

  it("renames the model to the provider, and back in every event", async () => {
    const { head, body } = await ask(/curl.*[^]*"model": "small"/);
    expect(head).toMatch(/x-mock-provider: local/i);
    expect(body).toContain("data: [DONE]");
    expect(body).toContain('"model":"small"');
    expect(body).not.toContain("gpt-oss-20b");
    const line = await logged(2);
    expect(line).toMatchObject({ route: "local", target_model: "gpt-oss-20b", stream: "true" });
  });

  it("refuses an unknown model, whatever header comes with it", async () => {
    const { head, body } = await ask(/curl.*[^]*gpt-5-unheard-of/);
    expect(head).toMatch(/^HTTP\/1\.1 4\d\d/);
    expect(JSON.parse(body)).toHaveProperty("error.code");
    expect(await logged(3)).toMatchObject({ cluster: null, decision: "deny", ending: "denied" });
  });

  it("shows its counters with labels", async () => {
    const { stdout } = await run("sh", ["-c", command(/stats\/prometheus/)]);
    const labels = ['type="input"', 'model="gpt-4o"', 'route="openai"'];
    const looked = labels.map((label) => `(?=.*${label})`).join("");
    expect(stdout).toMatch(new RegExp(`^tokenstile_tokens_total\\{${looked}.*\\} [1-9]`, "m"));
  });
});
