import { mix64 } from "../bytes/hash";
import { Model, Target } from "../config/config";

/**
 * The target that a key falls to: the same key always to the same one, all keys in proportion to
 * the weights. A model has at least one target.
 */
export function chooseTarget(model: Model, keyHash: u64): Target {
  const targets = model.targets;
  let ticket = mix64(keyHash) % max<u64>(1, model.weightTotal);
  const last = targets.length - 1;
  for (let i = 0; i < last; i++) {
    const target = unchecked(targets[i]);
    if (ticket < target.weight) return target;
    ticket -= target.weight;
  }
  return unchecked(targets[last]);
}
