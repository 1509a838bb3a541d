/** What must be right before a time means anything. */
import { answerUsage, type ChatRequest } from "../haystack/chat.ts";
import { expectedPromptTokens } from "../haystack/expected.ts";
import { otherModel, plainModel, routes } from "../policy.ts";
import { answerPieces, type Load, requestPool } from "./cells.ts";
import type { Variant } from "./variants.ts";
import type { LogLine, World } from "./world.ts";

const requestsChecked = 3;

/** Throws at the first thing that is wrong; answers how many requests it made of each variant. */
export async function checkAnswers(
  world: World,
  variants: Variant[],
  loads: Load[],
): Promise<number> {
  const pools = new Map(loads.map((load) => [load.name, requestPool(load)]));
  for (const variant of variants) {
    let made = 0;
    for (const load of loads) {
      const few = { ...load, requests: requestsChecked };
      const pool = pools.get(load.name) ?? [];
      const ids = `check-${load.name}`;
      const { bodies, firstError } = await world.run(variant, {
        ...{ load: few, idPrefix: ids, keep: true },
      });
      const wanted = Buffer.concat(answerPieces(load.answer)).toString();
      if (firstError) throw new Error(`${variant.name}, ${load.name}: ${firstError}`);
      if (bodies.some((body) => body !== wanted)) {
        throw new Error(`${variant.name}, ${load.name}: another answer than the provider's`);
      }
      made += few.requests;
      const lines = await world.logLines(variant, made);
      for (let at = 0; at < few.requests; at++) {
        checkLine(variant, lineOf(lines, `${ids}-${at}`), pool[at]);
      }
    }
    await checkOtherModel(world, variant, loads[0], ++made);
  }
  return loads.length * requestsChecked + 1;
}

/** The other model leads to the other group, wherever a model leads anywhere. */
async function checkOtherModel(
  world: World,
  variant: Variant,
  load: Load | undefined,
  made: number,
): Promise<void> {
  if (load === undefined) return;
  const one = { ...load, requests: 1 };
  await world.run(variant, { load: one, idPrefix: "other", keep: false, model: otherModel });
  const line = lineOf(await world.logLines(variant, made), "other-0");
  is(variant, line, "cluster", variant.logged ? routes.other : routes.plain);
}

function lineOf(lines: LogLine[], id: string): LogLine {
  const found = lines.find((line) => line.id === id);
  if (found === undefined) throw new Error(`no log line of ${id}`);
  return found;
}

/** Throws unless the line says what the request was and what its answer used. */
export function checkLine(variant: Variant, line: LogLine, request?: ChatRequest): void {
  is(variant, line, "status", 200);
  is(variant, line, "cluster", routes.plain);
  const { logged } = variant;
  if (logged === null) return;
  is(variant, line, logged.model, plainModel);
  is(variant, line, logged.input, answerUsage.prompt_tokens);
  is(variant, line, logged.output, answerUsage.completion_tokens);
  is(variant, line, logged.total, answerUsage.total_tokens);
  if (!variant.promptTokens || request === undefined) return;
  is(variant, line, "prompt_tokens", expectedPromptTokens(request.messages));
}

function is(variant: Variant, line: LogLine, key: string, wanted: string | number): void {
  if (String(line[key]) === String(wanted)) return;
  throw new Error(`${variant.name}: ${key} of ${line.id} is ${line[key]}, not ${wanted}`);
}
