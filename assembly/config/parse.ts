import { checkAttach, readAttach } from "./attach";
import { Config } from "./config";
import { DocumentReader } from "./document";
import { ConfigError, ConfigErrors, documentPath } from "./errors";
import { Members } from "./members";
import { Node } from "./node";
import { readPolicy } from "./policy";

export { ConfigError } from "./errors";

/** A configuration, or all that is wrong with one: `config` is null exactly if `errors` has any. */
export class ConfigResult {
  constructor(
    public readonly config: Config | null,
    public readonly errors: Array<ConfigError>,
  ) {}
}

/**
 * Reads the plugin configuration, one JSON document `{ policy, attach }`. Any bytes will do: what
 * is not a configuration comes back as mistakes, each with the path where it stands. Key order
 * means nothing, and numbers may be written in any form, since control planes write them anew.
 */
export function parseConfig(ptr: usize, bytes: u32): ConfigResult {
  const errors = new ConfigErrors();
  const config = new Config();
  const reader = new DocumentReader();
  const root = reader.read(ptr, bytes);
  if (root) {
    const members = new Members(new Node(root, documentPath, errors));
    const policy = members.required("policy");
    if (policy) readPolicy(policy, config);
    const attach = members.optional("attach");
    readAttach(attach, config);
    members.close();
    checkAttach(config, errors);
  } else {
    errors.add(documentPath, reader.reason);
  }
  errors.close();
  const valid = errors.list.length == 0;
  return new ConfigResult(valid ? config : null, errors.list);
}
