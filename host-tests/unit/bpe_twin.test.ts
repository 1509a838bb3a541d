import { beforeAll, describe, expect, it } from "vitest";
import { asScript } from "../property/bpe_fault.ts";
import { drawText } from "../property/bpe_texts.ts";
import { encodings, referenceCount } from "./bpe_module.ts";
import { BpeTwin } from "./bpe_twin.ts";
import { families, onePiece } from "./bpe_worst.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

describe.each(encodings)("the plain twin of %s", (name) => {
  let twin: BpeTwin;
  beforeAll(async () => {
    twin = await BpeTwin.load(name);
  });

  it("counts drawn texts as the reference does", () => {
    const wrong: string[] = [];
    for (let index = 0; index < 3000; index++) {
      const { bytes } = drawText(77, index);
      const counted = twin.count(decoder.decode(bytes));
      if (counted !== referenceCount(name, bytes)) wrong.push(`${counted}: ${asScript(bytes)}`);
    }
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  it.each(Object.entries(families))("counts %s as the reference does", (_, family) => {
    for (const bytes of [7, 200, 3000]) {
      const text = family(bytes, bytes);
      expect(twin.count(decoder.decode(text)), `${bytes}`).toBe(referenceCount(name, text));
    }
  });

  it.each(Object.entries(onePiece))("finds one piece in %s", (_, family) => {
    expect(twin.split(decoder.decode(family(5000, 3)))).toHaveLength(1);
  });
});
