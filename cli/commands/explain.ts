import { readFileSync } from "node:fs";
import { replay } from "../../host/replay.ts";
import { buildModule } from "../../tools/build.ts";
import { type Explanation, explanationOf } from "../explain/explanation.ts";
import { ModuleReport } from "../explain/module_report.ts";
import { parseMessage, type RawMessage, valueOf } from "../explain/message.ts";
import { requestOf, responseOf } from "../explain/recording.ts";
import { describeExplanation } from "../explain/report.ts";
import { exitCode, Failure } from "../failure.ts";
import { mistakesIn } from "../mistakes.ts";
import { readOptions, readWholeNumber } from "../options.ts";
import { type PolicyFile, readPolicyFile } from "../policy_file.ts";
import type { Terminal } from "../terminal.ts";

/** A recording longer than what a gateway in service would buffer is explained all the same. */
const recordedBytesMax = 64 * 1024 * 1024;

interface Recording {
  request: RawMessage;
  requestSource: string;
  response: RawMessage;
  responseSource: string;
  /** Null: each body in one piece. */
  chunkBytes: number | null;
}

/** Says how a recorded request and response are read, routed and charged. */
export async function explain(args: string[], terminal: Terminal): Promise<number> {
  const { values } = readOptions(args, {
    policy: { type: "string" },
    request: { type: "string" },
    response: { type: "string" },
    chunk: { type: "string" },
    json: { type: "boolean" },
  });
  const { policy, request, response, chunk } = values;
  if (policy === undefined || request === undefined || response === undefined) {
    throw new Failure("explain needs --policy, --request and --response.");
  }
  const recording: Recording = {
    request: parseMessage(readRecording(request), request),
    requestSource: request,
    response: parseMessage(readRecording(response), response),
    responseSource: response,
    chunkBytes: chunk === undefined ? null : readWholeNumber(chunk, "--chunk", 1, 2 ** 30),
  };
  const file = readPolicyFile(policy);
  const { explanation, notes } = explainRecording(recording, file, await buildModule());
  for (const note of notes) terminal.err(note);
  terminal.out(values.json ? JSON.stringify(explanation) : describeExplanation(explanation));
  return exitCode.done;
}

function readRecording(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(code === "ENOENT" ? `There is no file ${path}.` : `${path}: ${code}.`);
  }
}

/** Drives a recording through the module; notes say what in it had to be put right. */
function explainRecording(
  recording: Recording,
  { path, policy, attach }: PolicyFile,
  wasmPath: string,
): { explanation: Explanation; notes: string[] } {
  const { request, response, chunkBytes, requestSource, responseSource } = recording;
  const attached = { bodyBytesMax: recordedBytesMax, ...attach, explain: true };
  const configuration = { policy, attach: attached };
  const mistakes = mistakesIn(configuration, wasmPath);
  if (mistakes.length > 0) throw new Failure(`${path}: ${mistakes.join("; ")}.`, exitCode.failed);
  const notes = [...request.notes, ...response.notes];
  const said = new ModuleReport();
  const result = replay({
    module: wasmPath,
    configuration,
    bufferBytesMax: recordedBytesMax,
    request: {
      ...requestOf(request, requestSource),
      ...{ chunks: cut(request.body, chunkBytes), ...trailersOf(request) },
    },
    respond: (sentOn) => {
      const accepted = valueOf(sentOn.headers, "accept-encoding");
      const { status, headers, body, ...more } = responseOf(response, accepted, responseSource);
      notes.push(...more.notes);
      return { status, headers, chunks: cut(body, chunkBytes), ...trailersOf(response) };
    },
    foreignFunctions: said.foreignFunctions,
  });
  const broken = result.trap ? [`the module trapped: ${result.trap}`] : result.violations;
  if (broken.length > 0) throw new Failure(`a defect of tokenstile: ${broken.join("; ")}`, 1);
  return { explanation: explanationOf(said, result), notes };
}

function trailersOf({ trailers }: RawMessage): { trailers?: RawMessage["trailers"] } {
  return trailers.length > 0 ? { trailers } : {};
}

function cut(body: Uint8Array, chunkBytes: number | null): Uint8Array[] {
  if (body.length === 0) return [];
  const size = chunkBytes ?? body.length;
  const count = Math.ceil(body.length / size);
  return Array.from({ length: count }, (_, at) => body.subarray(at * size, (at + 1) * size));
}
