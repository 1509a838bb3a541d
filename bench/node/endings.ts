/** Streams that end in all the ways that the module tells apart. */
import { jsonAnswer, makeRequests, streamedAnswer } from "../haystack/chat.ts";
import { plainModel, renamedModel, upstreamName } from "../policy.ts";
import * as drive from "./drive.ts";
import type { LeanHost, StreamData } from "./lean_host.ts";

export interface Ending {
  name: string;
  /** What the module has to call it. */
  ending: string;
  data: StreamData;
  /** Everything between the opening of the stream and its log. */
  run(host: LeanHost, id: number, data: StreamData): void;
}

const seed = 43;
const smallBytes = 800;
const largeBytes = 60_000;
const events = 20;

/** The first is a large one, to be run now and then. */
export function makeEndings(): [Ending, ...Ending[]] {
  const json = jsonAnswer(seed, plainModel);
  const sse = streamedAnswer(seed, plainModel, events);
  const renamed = streamedAnswer(seed, upstreamName, events);
  const [last = Buffer.alloc(0)] = sse.slice(-4);
  const cut = [...sse.slice(0, -4), last.subarray(0, 90)];
  const reset = Buffer.from("upstream_reset_before_response_started{connection_termination}");
  const gone = Buffer.from("downstream_remote_disconnect");
  const [small, large, edited] = makeBodies();
  const forJson = drive.streamData(small, "json");
  const forSse = drive.streamData(small, "sse");
  const notJson = drive.streamData(small.subarray(0, 500), "json");
  const unknown = drive.streamData(Buffer.from('{"messages":[],"model":"no"}'), "json");
  return [
    {
      name: "a large body",
      ending: "complete",
      data: drive.streamData(large, "json"),
      run: answered([json], true),
    },
    { name: "a JSON answer", ending: "complete", data: forJson, run: answered([json], true) },
    { name: "a stream", ending: "complete", data: forSse, run: answered(sse, true) },
    { name: "an edited stream", ending: "complete", data: edited, run: answered(renamed, true) },
    {
      name: "a stream cut in an event",
      ending: "client_aborted",
      data: forSse,
      run: answered(cut, false),
    },
    {
      name: "an edited one that is cut",
      ending: "client_aborted",
      data: edited,
      run: answered(cut, false),
    },
    {
      name: "half an answer",
      ending: "truncated",
      data: forJson,
      run: answered([json.subarray(0, 300)], true),
    },
    {
      name: "an upstream that reset",
      ending: "upstream_reset",
      data: { ...forJson, details: reset },
      run: drive.sendRequest,
    },
    {
      name: "a client that left",
      ending: "client_aborted",
      data: { ...forJson, details: gone },
      run: drive.sendPartOfBody,
    },
    { name: "a broken body", ending: "denied", data: notJson, run: drive.sendRequest },
    { name: "an unknown model", ending: "denied", data: unknown, run: drive.sendRequest },
    { name: "trailers", ending: "complete", data: forSse, run: withTrailers(sse) },
  ];
}

/** A small body, a large one, and a stream whose answer has to be edited. */
function makeBodies(): [small: Buffer, large: Buffer, edited: StreamData] {
  const make = (bytes: number, stream: boolean) =>
    makeRequests(seed, 1, bytes, { model: plainModel, stream })[0];
  const small = make(smallBytes, true);
  const large = make(largeBytes, false);
  if (small === undefined || large === undefined) throw new Error("no request was made");
  const renamed = { messages: small.messages, model: renamedModel, stream: true };
  const edited = drive.streamData(Buffer.from(JSON.stringify(renamed)), "sse");
  return [small.body, large.body, edited];
}

function answered(chunks: Buffer[], ends: boolean): Ending["run"] {
  return (host, id, data) => {
    drive.sendRequest(host, id, data);
    drive.openResponse(host, id);
    drive.sendChunks(host, id, chunks);
    if (ends) drive.endResponse(host, id);
  };
}

function withTrailers(chunks: Buffer[]): Ending["run"] {
  return (host, id, data) => {
    drive.sendRequest(host, id, data);
    drive.openResponse(host, id);
    drive.sendChunks(host, id, chunks);
    drive.endWithTrailers(host, id);
  };
}
