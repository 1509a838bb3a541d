import { fillRandom } from "../abi/host";
import { identityBytesMax, scanPadBytes } from "../bounds";
import { Encoding } from "../bpe/encoding";
import { Config, CountMode, MemoMode } from "../config/config";
import { digestHigh, digestLow, digestSpan, payerNames } from "../memo/digest";
import { memoKeyBytes, memoKeyPtr } from "../memo/key";
import { Payer } from "../memo/payer";
import { openTable, tableIsOpen, tellMinute } from "../memo/table";
import { StreamRecord } from "./stream_record";

/*
 * Whose texts are remembered, and for whom. The VM's key is drawn and its table is taken when the
 * first policy has use for them; other policies of the VM share both, but find nothing of each
 * other.
 */

/** To be called with every new policy. A host without random numbers leaves the memo closed. */
export function openMemo(config: Config): void {
  if (tableIsOpen() || !remembers(config)) return;
  if (fillRandom(memoKeyPtr(), memoKeyBytes)) openTable();
}

function remembers(config: Config): bool {
  if (config.count != CountMode.Exact || config.memo == MemoMode.Off) return false;
  const models = config.models;
  for (let i = 0; i < models.length; i++) {
    if (unchecked(models[i]).encoding != Encoding.None) return true;
  }
  return false;
}

const nobody = changetype<Payer>(memory.data(24, 8));
const payer = changetype<Payer>(memory.data(24, 8));
/** A policy's name, a NUL, and the name of who pays. */
const policyBytesMax: u32 = 64;
const names: usize = heap.alloc(policyBytesMax + 1 + identityBytesMax + scanPadBytes);

/** On whose behalf a stream's texts are remembered, until the next call; null: on nobody's. */
export function payerOf(stream: StreamRecord, config: Config): Payer | null {
  if (!tableIsOpen() || !remembers(config)) return null;
  tellMinute(stream.startNs / nsPerMinute);
  const policyBytes = min(config.name.length, policyBytesMax);
  memory.copy(names, config.name.ptr, policyBytes);
  store<u8>(names + policyBytes, 0);
  const ofPolicy = policyBytes + 1;
  const identityBytes = min(stream.identityBytes, identityBytesMax);
  memory.copy(names + ofPolicy, stream.identityPtr, identityBytes);
  digestSpan(names, ofPolicy + identityBytes, payerNames, nobody);
  const owner = <u32>digestHigh();
  if (config.memo == MemoMode.Shared) digestSpan(names, ofPolicy, payerNames, nobody);
  payer.set(digestLow(), digestHigh(), owner);
  return payer;
}

const nsPerMinute: u64 = 60_000_000_000;
