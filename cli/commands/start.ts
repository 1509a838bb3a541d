import { setTimeout as sleep } from "node:timers/promises";
import { EnvoyMissing } from "../../envoy/find.ts";
import { exitCode, Failure } from "../failure.ts";
import { type HostName, serveGateway, type ServingGateway, upstreamsOf } from "../gateway.ts";
import { untilInterrupted } from "../interrupt.ts";
import { type MockProvider, startMockProvider } from "../mock/provider.ts";
import { readOptions, readPort } from "../options.ts";
import { isRecord, type PolicyFile, readPolicyFile, usualAttach } from "../policy_file.ts";
import type { Terminal } from "../terminal.ts";
import { accountOf } from "../tour/account.ts";
import { tourPolicy } from "../tour/policy.ts";
import { describeRequest, describeStep } from "../tour/report.ts";
import { takeTour } from "../tour/tour.ts";

const defaultPort = 8787;
const followPollMs = 100;

interface StartOptions {
  host: HostName;
  json: boolean;
  once: boolean;
  /** Null: the usual one, or any other that is free. */
  port: number | null;
  policyPath: string | null;
}

/** Runs the gateway: the tour and then serving, or serving a policy of the user's. */
export async function start(args: string[], terminal: Terminal): Promise<number> {
  const options = readStartOptions(args);
  return options.policyPath === null
    ? startTour(options, terminal)
    : startPolicy(options, options.policyPath, terminal);
}

function readStartOptions(args: string[]): StartOptions {
  const { values } = readOptions(args, {
    once: { type: "boolean" },
    json: { type: "boolean" },
    envoy: { type: "boolean" },
    port: { type: "string" },
    policy: { type: "string" },
  });
  if (values.once && values.policy !== undefined) {
    throw new Failure("--once ends after the tour, and with --policy there is none.");
  }
  return {
    host: values.envoy ? "envoy" : "node",
    json: values.json ?? false,
    once: values.once ?? false,
    port: values.port === undefined ? null : readPort(values.port),
    policyPath: values.policy ?? null,
  };
}

async function startTour(options: StartOptions, terminal: Terminal): Promise<number> {
  const alpha = await startMockProvider("alpha");
  const beta = await startMockProvider("beta");
  try {
    const policy = tourPolicy({ alpha: alpha.url, beta: beta.url });
    const gateway = await openGateway(options, { policy, attach: usualAttach });
    try {
      const wrong = await guide(options, gateway, [alpha, beta], terminal);
      if (!options.once) await serve(options, gateway, "chat-default", terminal);
      return wrong ? exitCode.failed : exitCode.done;
    } finally {
      await gateway.close();
    }
  } finally {
    await Promise.all([alpha.close(), beta.close()]);
  }
}

/** Takes the tour and tells it; true when a step went otherwise than it should. */
async function guide(
  options: StartOptions,
  gateway: ServingGateway,
  providers: MockProvider[],
  terminal: Terminal,
): Promise<boolean> {
  let number = 0;
  let wrong = false;
  const hostName = gateway.host === "envoy" ? "a real Envoy" : "the embedded gateway";
  if (!options.json) terminal.out(`A tour through ${hostName} at ${gateway.url}\n`);
  for await (const outcome of takeTour(gateway)) {
    wrong ||= outcome.complaints.length > 0;
    if (options.json) {
      terminal.out(JSON.stringify(outcome.account));
      for (const complaint of outcome.complaints)
        terminal.err(`${outcome.step.name}: ${complaint}`);
    } else terminal.out(describeStep(++number, outcome));
  }
  const reached = providers.map(({ name, requests }) => `${name} ${requests}`).join(", ");
  if (!options.json) terminal.out(`Requests that reached a provider: ${reached}.`);
  return wrong;
}

async function startPolicy(
  options: StartOptions,
  path: string,
  terminal: Terminal,
): Promise<number> {
  const file = readPolicyFile(path);
  const { policy } = file;
  const gateway = await openGateway(options, file);
  try {
    const names = Object.keys(upstreamsOf(policy));
    if (names.length === 0) terminal.err(`${path} names no upstreams: every request gets a 404.`);
    const models = isRecord(policy) && isRecord(policy.models) ? Object.keys(policy.models) : [];
    await serve(options, gateway, models[0] ?? "MODEL", terminal);
    return exitCode.done;
  } finally {
    await gateway.close();
  }
}

/** Opens the gateway on the port asked for; on the usual one, or else on any, when none was. */
async function openGateway(
  options: StartOptions,
  { policy, attach }: Pick<PolicyFile, "policy" | "attach">,
): Promise<ServingGateway> {
  const { host } = options;
  const open = (port: number) => serveGateway({ host, policy, attach, port });
  const taken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  try {
    return await open(options.port ?? (options.once ? 0 : defaultPort));
  } catch (error) {
    if (error instanceof EnvoyMissing) throw new Failure(error.message);
    if (!taken(error)) throw error;
    if (options.port === null) return open(0);
    throw new Failure(`Port ${options.port} is taken.`);
  }
}

async function serve(
  options: StartOptions,
  gateway: ServingGateway,
  model: string,
  terminal: Terminal,
): Promise<void> {
  const say = options.json ? terminal.err : terminal.out;
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] });
  say(`Serving at ${gateway.url} until Ctrl-C. Try:\n`);
  say(`  curl ${gateway.url}/v1/chat/completions \\`);
  say(`    -H 'content-type: application/json' -H "authorization: Bearer $OPENAI_API_KEY" \\`);
  say(`    -d '${body}'\n`);
  const stopped = new AbortController();
  const following = follow(options, gateway, terminal, stopped.signal);
  await untilInterrupted();
  stopped.abort();
  await following;
  say("Stopped.");
}

/** Tells each request that is served, from the end of the tour on. */
async function follow(
  options: StartOptions,
  gateway: ServingGateway,
  terminal: Terminal,
  stopped: AbortSignal,
): Promise<void> {
  let told = (await gateway.accessLog()).length;
  while (!stopped.aborted) {
    const lines = await gateway.accessLog();
    for (const line of lines.slice(told)) {
      const account = accountOf("request", gateway.host, line);
      terminal.out(options.json ? JSON.stringify(account) : describeRequest(account));
    }
    told = lines.length;
    await sleep(followPollMs, undefined, { signal: stopped }).catch(() => {});
  }
}
