import { bodySlices } from "../abi/body";
import { log } from "../abi/host";
import { BufferType, LogLevel } from "../abi/types";
import { configBytesMax } from "../bounds";
import { newByteWriter } from "../bytes/writer";
import { Config } from "../config/config";
import { ConfigError } from "../config/errors";
import { parseConfig } from "../config/parse";
import { openMemo } from "./memo";

/**
 * One plugin configuration. Several may live in one VM at a time: a new one takes over new streams
 * while those in flight end under the old. A stream holds its root's address; the host ends a root
 * only after the last of its streams.
 */
export class Root {
  config: Config | null = null;
  /**
   * What was configured before, in a host that configures one root again; streams hold on to it.
   */
  private earlier: Array<Config> = [];
  private openStreams: u32 = 0;
  /** The host gave this root up; it goes with the last of its streams. */
  private given: bool = false;

  streamOpened(): void {
    this.openStreams += 1;
  }

  streamClosed(): void {
    this.openStreams -= 1;
    if (this.given && this.openStreams == 0) __unpin(changetype<usize>(this));
  }

  giveUp(): void {
    this.given = true;
    if (this.openStreams == 0) __unpin(changetype<usize>(this));
  }

  /** Reads the configuration; false, with every mistake logged, when it is refused. */
  configure(bytes: u32): bool {
    if (bytes > configBytesMax) {
      logText("the configuration is larger than 4 MiB");
      return false;
    }
    const text = newByteWriter(bytes + 64, bytes + 64);
    const slices = bodySlices(BufferType.PluginConfiguration, 0, bytes);
    while (slices.next()) text.copy(slices.ptr, slices.bytes);
    const result = parseConfig(text.ptr, text.bytes);
    text.dispose();
    heap.free(changetype<usize>(text));
    const errors = result.errors;
    for (let i = 0; i < errors.length; i++) logMistake(errors[i]);
    const config = result.config;
    if (config === null) return false;
    openMemo(config);
    const before = this.config;
    if (this.openStreams == 0) this.earlier = [];
    else if (before !== null) this.earlier.push(before);
    this.config = config;
    return true;
  }
}

function logMistake(error: ConfigError): void {
  logText("refused: " + error.path + ": " + error.reason);
}

/** Configure time only: builds managed strings. */
function logText(text: string): void {
  const line = String.UTF8.encode("tokenstile: " + text);
  log(LogLevel.Error, changetype<usize>(line), <u32>line.byteLength);
}
