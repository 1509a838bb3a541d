import { usdPerMillionMax } from "../bounds";
import { ScaledError } from "../bytes/scaled";
import { Price, priceDecimals, readPrice } from "../cost/price";
import { ValueKind } from "./document";
import { Members } from "./members";
import { Node } from "./node";

/**
 * Reads `{ input, cachedInput?, cacheWrite?, output }`, in USD per million tokens, as decimal text
 * or as numbers. Input read from or written to a cache costs as other input unless stated.
 */
export function readPriceList(node: Node): Price {
  const members = new Members(node);
  const price = new Price();
  const input = readAmount(members.required("input"), 0);
  price.inputNanoUsdPerMillion = input;
  price.cachedInputNanoUsdPerMillion = readAmount(members.optional("cachedInput"), input);
  price.cacheWriteNanoUsdPerMillion = readAmount(members.optional("cacheWrite"), input);
  price.outputNanoUsdPerMillion = readAmount(members.required("output"), 0);
  members.close();
  return price;
}

function readAmount(node: Node | null, absent: u64): u64 {
  if (!node) return absent;
  const number = node.value.kind == ValueKind.Number;
  if (!number && !node.is(ValueKind.Text, "a price")) return absent;
  const text = node.value.text;
  const out = memory.data(8, 8);
  const error = readPrice(text.ptr, text.length, out);
  if (error == ScaledError.None) return load<u64>(out);
  node.refuse(amountReason(error));
  return absent;
}

function amountReason(error: ScaledError): string {
  switch (error) {
    case ScaledError.Negative:
      return "must not be negative";
    case ScaledError.TooPrecise:
      return "must not have more than " + priceDecimals.toString() + " decimals";
    case ScaledError.TooLarge:
      return "must not be above " + usdPerMillionMax.toString();
    default:
      return 'must be a decimal number in USD per million tokens, such as "2.50"';
  }
}
