/**
 * On whose behalf spans are remembered. What one payer's texts are remembered by is nothing that
 * another payer's could be found by: the time of a hit tells nobody what somebody else has asked.
 */
@unmanaged
export class Payer {
  /** Part of every key; the same for all of a policy whose payers share. */
  low: u64;
  high: u64;
  /** Who takes places in the table, shared or not. Two payers rarely have the same one. */
  owner: u32;

  set(low: u64, high: u64, owner: u32): void {
    this.low = low;
    this.high = high;
    this.owner = owner;
  }
}
