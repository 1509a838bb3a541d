import { createHash } from "node:crypto";

/** Reads tiktoken's form of a vocabulary: a line is a token in base64, a space, its rank. */
export function readRankedTokens(file: Buffer): Uint8Array[] {
  const tokens: Uint8Array[] = [];
  for (const line of file.toString("latin1").split("\n")) {
    if (line === "") continue;
    const [base64, rank] = line.split(" ");
    tokens[Number(rank)] = Buffer.from(base64 ?? "", "base64");
  }
  return tokens;
}

/**
 * SHA-256 of tokens in tiktoken's form. Publishers who use that form name this hash for their
 * file; for others it tells whether two files of any form hold the same vocabulary.
 */
export function rankedTokensSha256(tokens: Uint8Array[]): string {
  const hash = createHash("sha256");
  tokens.forEach((token, rank) => {
    hash.update(`${Buffer.from(token).toString("base64")} ${rank}\n`);
  });
  return hash.digest("hex");
}
