/** What images and sound in a prompt come to: their headers, and the published rules. */
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ApiModule, type Cut, type ImageWord } from "./api_module.ts";
import { gif, jpeg, png, wave, webp } from "./image_files.ts";

let api: ApiModule;
beforeAll(async () => {
  api = await ApiModule.load();
});
beforeEach(() => {
  api.countAs();
});

function media(part: object, images: ImageWord = "gpt-4o", cut: Cut = {}): number {
  api.countAs({ images });
  const body = { model: "m", messages: [{ role: "user", content: [part] }] };
  const facts = api.readRequest(Buffer.from(JSON.stringify(body)), 1, cut);
  expect([facts.error, facts.estimated]).toEqual(["None", true]);
  return facts.mediaTokens;
}

function urlOf(file: Buffer, type = "image/png"): string {
  return `data:${type};base64,${file.toString("base64")}`;
}

function imageTokens(file: Buffer, images: ImageWord = "gpt-4o", detail?: string): number {
  return media({ type: "image_url", image_url: { url: urlOf(file), detail } }, images);
}

/** What an image of unknown size is taken for. */
const unknown = 765;

const formats: [name: string, make: (width: number, height: number) => Buffer][] = [
  ["PNG", png],
  ["GIF", gif],
  ["GIF of old", (width, height) => gif(width, height, "87a")],
  ["JPEG", jpeg],
  ["progressive JPEG", (width, height) => jpeg(width, height, { frame: 0xc2 })],
  ["JPEG with profiles", (width, height) => jpeg(width, height, { segments: [65_000, 65_000] })],
  ["JPEG with an empty segment", (width, height) => jpeg(width, height, { segments: [0, 1] })],
  ["lossy WebP", (width, height) => webp(width, height, "VP8 ")],
  ["lossless WebP", (width, height) => webp(width, height, "VP8L")],
  ["extended WebP", (width, height) => webp(width, height, "VP8X")],
];

describe("an image's size", () => {
  it.each(formats)("is read from a %s", (_, make) => {
    for (const [width, height, tokens] of [
      [1, 1, 255],
      [512, 512, 255],
      [513, 512, 425],
      [1024, 1024, 765],
      [2048, 4096, 1105],
      [4096, 2048, 1105],
      [1, 16_000, 765],
      [800, 600, 765],
      [16_000, 9_000, 1105],
    ] as const) {
      expect(imageTokens(make(width, height))).toBe(tokens);
    }
  });

  it.each(formats)("is read from a %s, however the body is cut", (_, make) => {
    const part = { image_url: { url: urlOf(make(640, 2000)) } };
    const whole = media(part);
    for (let chunkBytes = 1; chunkBytes < 60; chunkBytes++) {
      if (part.image_url.url.length > 10_000 && chunkBytes % 20 !== 7) continue;
      const cut = { firstBytes: chunkBytes * 3, chunkBytes };
      expect(media(part, "gpt-4o", cut)).toBe(whole);
    }
    expect(whole).not.toBe(unknown);
  });

  it("is that of the file, whatever type is stated, and in any way of writing the address", () => {
    const file = jpeg(512, 512);
    const base64 = file.toString("base64");
    const urlSafe = file.toString("base64url");
    for (const url of [
      `data:image/png;base64,${base64}`,
      `data:;base64,${base64}`,
      `DATA:Image/JPEG;charset=x;BASE64,${base64}`,
      `data:image/jpeg;base64,${urlSafe}`,
    ]) {
      expect(media({ image_url: { url } })).toBe(255);
      expect(media({ image_url: url })).toBe(255);
      expect(media({ image_url: { detail: "high", url } })).toBe(255);
      expect(media({ image_url: { detail: "low", url } })).toBe(85);
      expect(media({ image_url: { url, detail: "low" } })).toBe(85);
    }
    const escaped = `{"model":"m","messages":[{"content":[{"image_url":"data:;base64,`;
    const body = `${escaped}${base64.replaceAll("/", "\\/")}"}]}]}`;
    expect(api.readRequest(Buffer.from(body), 1).mediaTokens).toBe(255);
  });

  it("is taken for 1024 by 1024 where it is not known", () => {
    const data = png(10, 10).toString("base64");
    for (const url of [
      "https://a.example/b.png",
      "",
      "data:",
      "data:,",
      `data:image/png,${data}`,
      `data:image/png;base65,${data}`,
      `data:image/png;base64x,${data}`,
      `data:${"x".repeat(200)};base64,${data}`,
      "data:image/png;base64,",
      "data:image/png;base64,????",
      urlOf(Buffer.from("<svg/>")),
      urlOf(Buffer.alloc(100, 0xff)),
    ]) {
      expect(media({ image_url: { url } })).toBe(unknown);
    }
  });
});

describe("a hostile header", () => {
  it("of sides that cannot be is no size", () => {
    for (const [width, height] of [
      [0, 10],
      [10, 0],
      [0, 0],
    ] as const) {
      for (const make of [png, gif, jpeg]) expect(imageTokens(make(width, height))).toBe(unknown);
      expect(imageTokens(webp(width, height, "VP8 "))).toBe(unknown);
    }
    expect(imageTokens(png(2 ** 31, 10))).toBe(unknown);
    expect(imageTokens(png(2 ** 32 - 1, 2 ** 32 - 1))).toBe(unknown);
  });

  it("of huge sides costs no more than the rule's most", () => {
    const most = 2 ** 31 - 1;
    for (const [width, height] of [
      [most, most],
      [most, 1],
      [1, most],
    ] as const) {
      expect(imageTokens(png(width, height))).toBeLessThanOrEqual(85 + 8 * 170);
      expect(imageTokens(png(width, height), "gpt-4.1-mini")).toBeLessThanOrEqual(2489);
      expect(imageTokens(png(width, height), "qwen-vl")).toBeLessThanOrEqual(16_386);
    }
  });

  it("that is cut anywhere is a size or none, and never a wrong one", () => {
    for (const [, make] of formats) {
      const file = make(513, 300).subarray(0, 300);
      for (let bytes = 0; bytes < file.length; bytes++) {
        expect([425, unknown]).toContain(imageTokens(file.subarray(0, bytes)));
      }
    }
  });

  it("of a JPEG without a frame, or with one too far behind, is no size", () => {
    const far = Array(5).fill(65_000) as number[];
    expect(imageTokens(jpeg(512, 512, { segments: far }))).toBe(unknown);
    const scan = jpeg(512, 512).subarray(-8);
    expect(imageTokens(Buffer.concat([Buffer.from([0xff, 0xd8]), scan]))).toBe(unknown);
    const endless = Buffer.alloc(400_000, 0xff);
    endless[1] = 0xd8;
    expect(imageTokens(endless)).toBe(unknown);
  });

  it("of any bytes does no harm", () => {
    const starts = [Buffer.alloc(0), ...formats.map(([, make]) => make(600, 600).subarray(0, 40))];
    const bytes = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(fc.constantFrom(...starts), bytes, fc.nat(40), (start, more, at) => {
        const file = Buffer.concat([start.subarray(0, at), Buffer.from(more)]);
        const tokens = imageTokens(file);
        expect(tokens).toBeGreaterThanOrEqual(255);
        expect(tokens).toBeLessThanOrEqual(85 + 8 * 170);
      }),
      { numRuns: 2000, seed: 20260401 },
    );
  });
});

/** OpenAI's rule for patches as its guide has it, in floating point. */
function patchesOf(width: number, height: number): number {
  const all = (w: number, h: number): number => Math.ceil(w / 32) * Math.ceil(h / 32);
  if (all(width, height) <= 1536) return all(width, height);
  const shrink = Math.sqrt((32 * 32 * 1536) / (width * height));
  const across = (width * shrink) / 32;
  const down = (height * shrink) / 32;
  const scale = shrink * Math.min(Math.floor(across) / across, Math.floor(down) / down);
  const near = (pixels: number): number => Math.ceil(Math.round(pixels * 1e6) / 1e6 / 32);
  return near(width * scale) * near(height * scale);
}

/** OpenAI's rule for tiles as its guide has it, in floating point. */
function tilesOf(width: number, height: number): number {
  const scale = Math.min(1, 2048 / Math.max(width, height));
  const [w, h] = [width * scale, height * scale];
  const shrink = Math.min(1, 768 / Math.min(w, h));
  const near = (pixels: number): number => Math.ceil(Math.round(pixels * 1e6) / 1e6 / 512);
  return Math.max(1, near(w * shrink)) * Math.max(1, near(h * shrink));
}

describe("an image's tokens", () => {
  it("are those of the guide's examples", () => {
    expect(imageTokens(png(1024, 1024))).toBe(765);
    expect(imageTokens(png(2048, 4096))).toBe(1105);
    expect(imageTokens(png(4096, 8192), "gpt-4o", "low")).toBe(85);
    expect(imageTokens(png(1024, 1024), "gpt-4o-mini")).toBe(25_501);
    expect(imageTokens(png(1024, 1024), "gpt-4.1-mini")).toBe(Math.ceil(1024 * 1.62));
    expect(imageTokens(png(1800, 2400), "gpt-4.1-mini")).toBe(Math.ceil(1452 * 1.62));
  });

  it("are those that gpt-5-mini's API counted", () => {
    for (const [width, height, tokens] of [
      [256, 256, 77],
      [512, 512, 308],
      [768, 1024, 922],
      [1280, 720, 1104],
      [1024, 1024, 1229],
      [2048, 768, 1844],
    ] as const) {
      expect(imageTokens(png(width, height), "gpt-5-mini")).toBe(tokens);
    }
  });

  it("are the guide's for any size", () => {
    const side = fc.oneof(fc.integer({ min: 1, max: 16_383 }), fc.integer({ min: 1, max: 2100 }));
    fc.assert(
      fc.property(side, side, (width, height) => {
        const file = png(width, height);
        const tiles = tilesOf(width, height);
        expect(imageTokens(file)).toBe(85 + 170 * tiles);
        expect(imageTokens(file, "gpt-5")).toBe(70 + 140 * tiles);
        expect(imageTokens(file, "o1")).toBe(75 + 150 * tiles);
        expect(imageTokens(file, "computer-use")).toBe(65 + 129 * tiles);
        if (Math.max(width, height) / Math.min(width, height) > 200) return;
        const patches = patchesOf(width, height);
        expect(imageTokens(file, "gpt-4.1-nano")).toBe(Math.ceil((patches * 246) / 100));
        expect(imageTokens(file, "o4-mini")).toBe(Math.ceil((patches * 172) / 100));
      }),
      { numRuns: 2000, seed: 20260402 },
    );
  });

  it("are cells of 28 pixels for Qwen, as its processor rounds, shrinks and grows", () => {
    // Sizes and cells by smart_resize of transformers' Qwen2-VL image processor.
    for (const [width, height, cells] of [
      [28, 28, 4],
      [10, 10, 4],
      [56, 56, 4],
      [100, 60, 8],
      [1024, 1024, 1369],
      [640, 480, 391],
      [8000, 6000, 16170],
      [20, 200, 7],
    ] as const) {
      expect(imageTokens(png(width, height), "qwen-vl")).toBe(cells + 2);
    }
  });

  it("are the same for any size where the model says so", () => {
    expect(imageTokens(png(10, 10), "gemma3")).toBe(260);
    expect(imageTokens(png(3000, 10), "gemma3")).toBe(260);
  });

  it("add up", () => {
    const image = (width: number): object => ({ image_url: { url: urlOf(png(width, width)) } });
    const content = [image(512), image(1024), { image_url: "https://a.example/b" }];
    const body = { model: "m", messages: [{ content }, { content }] };
    api.countAs();
    const facts = api.readRequest(Buffer.from(JSON.stringify(body)), 1);
    expect(facts.mediaTokens).toBe(2 * (255 + 765 + 765));
  });
});

describe("sound", () => {
  const sound = (file: Buffer, format: string): number =>
    media({ input_audio: { data: file.toString("base64"), format } });

  it("is ten tokens a second, by a WAVE file's own rate", () => {
    expect(sound(wave(3, 48_000), "wav")).toBe(30);
    expect(sound(wave(10, 16_000), "wav")).toBe(101);
  });

  it("is taken for MP3 at 64 kbit/s where nothing says its rate", () => {
    expect(sound(Buffer.alloc(80_000), "mp3")).toBe(101);
    for (const rate of [0, 1, 2 ** 32 - 1]) {
      const file = wave(1, 48_000);
      file.writeUInt32LE(rate, 28);
      expect(sound(file, "wav")).toBe(60);
    }
  });
});
