import { beforeAll, describe, expect, it } from "vitest";
import { buildModule } from "../../tools/build.ts";
import { files, type } from "./cli_typed.ts";

const good = `
version: 1
name: acme
models:
  gpt-4o:
    encoding: o200k_base
    price: { input: "2.50", output: "10.00" }
    targets: [{ route: main }]
upstreams:
  main: { url: "https://main.example" }
`;

beforeAll(() => buildModule());

describe("tokenstile check", () => {
  it("finds nothing wrong with a good policy, YAML, JSON or plugin configuration", async () => {
    const policy = {
      ...{ version: 1, name: "acme", upstreams: { main: { url: "https://main.example" } } },
      models: { m: { price: { input: "1", output: "1" }, targets: [{ route: "main" }] } },
    };
    const attach = { role: "single", body: "hold", bodyBytesMax: 4096 };
    const paths = files({
      "good.yaml": good,
      "good.json": JSON.stringify(policy),
      "plugin.json": JSON.stringify({ policy, attach }),
    });
    for (const path of Object.values(paths)) {
      expect(await type("check", path)).toEqual({
        code: 0,
        out: [],
        err: [`${path}: no mistakes.`],
      });
    }
  });

  it("prints every mistake with its path and reason", async () => {
    const text = good
      .replace("o200k_base", "o300k")
      .replace('"2.50"', "-1")
      .replace("main }]", "no }]");
    const { "bad.yaml": path } = files({ "bad.yaml": text });
    const { code, out, err } = await type("check", path);
    expect(out).toHaveLength(3);
    expect(out.join("\n")).toMatch(/^policy\.models\["?gpt-4o"?\]|^policy\.models\.gpt-4o/);
    for (const place of [/\.encoding: ./, /\.price\.input: ./, /\.targets\[0\]\.route: ./]) {
      expect(out.some((line) => place.test(line))).toBe(true);
    }
    expect({ code, err }).toEqual({ code: 1, err: [`${path}: 3 mistakes.`] });
  });

  it("says where a file is not even well-formed", async () => {
    const paths = files({ "a.yaml": "a: [1,\nb: 2\n", "b.json": '{"version":1,"version":1}' });
    for (const path of Object.values(paths)) {
      const { code, err } = await type("check", path);
      expect(code).toBe(1);
      expect(err[0]).toContain(`tokenstile: ${path} is not well-formed: `);
      expect(err[0]).toMatch(/at line \d+, column \d+/);
    }
  });
});
