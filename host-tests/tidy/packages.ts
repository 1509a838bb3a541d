/** What the project stands on: each package pinned, reasoned for and freely licensed. */

export interface Manifest {
  version: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const licencesAllowed = /^\(?(MIT|Apache-2\.0|ISC|0BSD|BSD-[23]-Clause|BlueOak-1\.0\.0)\b/;

/** Every package that package.json asks for, with the version it asks for. */
export function packagesOf(manifest: Manifest): [string, string][] {
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
}

/** Packages whose version may move by itself. */
export function unpinned(manifest: Manifest): string[] {
  const moving = packagesOf(manifest).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
  return moving.map(([name, version]) => `package.json: ${name} ${version}`);
}

/** Packages that RATIONALE.md gives no reason for. */
export function unexplained(manifest: Manifest, rationale: string): string[] {
  const names = packagesOf(manifest).map(([name]) => name);
  return names.filter((name) => !rationale.includes(`\`${name}\``));
}

/** Packages under a licence that binds those who use them. `licenceOf` reads an installed one. */
export function badlyLicensed(manifest: Manifest, licenceOf: (name: string) => string): string[] {
  return packagesOf(manifest)
    .map(([name]) => `${name}: ${licenceOf(name)}`)
    .filter((line) => !licencesAllowed.test(line.slice(line.indexOf(": ") + 2)));
}
