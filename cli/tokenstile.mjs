#!/usr/bin/env node
/**
 * The `tokenstile` command. This file is plain JavaScript that even an old Node can read, so that
 * an old Node gets a sentence instead of a syntax error; all else is TypeScript, run through tsx.
 */
const oldest = [20, 18, 1];
/** What shells report of a program that SIGPIPE has ended. */
const exitOfClosedPipe = 141;

if (isOlder(process.versions.node.split(".").map(Number), oldest)) {
  console.error(`tokenstile needs Node ${oldest.join(".")} or newer; this is ${process.version}.`);
  process.exitCode = 2;
} else {
  await start();
}

function isOlder(version, limit) {
  for (let part = 0; part < limit.length; part++) {
    if (version[part] !== limit[part]) return version[part] < limit[part];
  }
  return false;
}

async function start() {
  let register;
  try {
    ({ register } = await import("tsx/esm/api"));
  } catch {
    console.error("tokenstile is not installed yet: run `npm ci` in its folder first.");
    process.exitCode = 2;
    return;
  }
  // The settings of the folder in which the command is typed have no say here.
  register({ tsconfig: false });
  // Whoever read our output has gone (`| head`): leave without a word, as other programs do.
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(exitOfClosedPipe);
  });
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
}
