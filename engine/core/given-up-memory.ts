/**
 * Frees memory that nobody reads any more, where `bytes` are all of it. The collector would find it too, but looks through
 * everything for it each few megabytes, in threads that others need.
 */
export function giveUp({ buffer, byteLength }: ArrayBufferView): void {
  // What was given up before has no bytes, and cannot be moved again.
  const isWhole = buffer instanceof ArrayBuffer && byteLength > 0 && buffer.byteLength === byteLength
  // Node 20 and older browsers have no `transfer`.
  if (isWhole && 'transfer' in buffer) buffer.transfer(0)
}
