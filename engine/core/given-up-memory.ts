/**
 * Frees memory that nobody reads any more, where `bytes` are all of it. The collector would find it too, but looks through
 * everything for it each few megabytes, in threads that others need.
 */
export function giveUp({ buffer, byteLength }: ArrayBufferView): void {
  // Node 20 and older browsers have no `transfer`.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength && 'transfer' in buffer) buffer.transfer(0)
}
