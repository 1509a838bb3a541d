/** A pointer or length of the module that lies outside its memory. */
export class MemoryFault extends Error {
  override name = "MemoryFault";
}
