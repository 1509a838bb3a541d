import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { Failure } from "./failure.ts";

/** A policy as a user keeps it, and where it came from. */
export interface PolicyFile {
  path: string;
  policy: unknown;
  /** How the module stands in its host, where the file is a whole plugin configuration. */
  attach: Record<string, unknown>;
}

/** How both of our hosts offer the module, unless a file says otherwise. */
export const usualAttach = { role: "single", body: "hold" };

/**
 * Reads a policy from YAML or JSON (which is YAML). Only the form is looked at here; what the
 * policy says is judged by the module alone. A whole plugin configuration, `{ policy, attach }`, is
 * read as well.
 */
export function readPolicyFile(path: string): PolicyFile {
  const document = parseDocument(readText(path), { prettyErrors: true });
  const [mistake] = document.errors;
  if (mistake) throw new Failure(`${path} is not well-formed: ${mistake.message.trimEnd()}`, 1);
  const value: unknown = document.toJS();
  const wrapped = isRecord(value) && "policy" in value && !("version" in value);
  if (!wrapped) return { path, policy: value, attach: usualAttach };
  return { path, policy: value.policy, attach: isRecord(value.attach) ? value.attach : {} };
}

/** Whether a value of a document is an object with names. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(code === "ENOENT" ? `There is no file ${path}.` : `${path}: ${code}.`);
  }
}
