/** The memory of so small an instance of the core can wait. */
const LEAST_BYTES = 4 << 20
/** Memory that is asked for and not touched, so that it takes no room: it counts for the collector all the same. */
const PRESSURE_BYTES = 64 << 20
const ROUNDS = 4
const ROUND_MS = 20

/**
 * Brings the collector to look for memory of instances of the core that nobody refers to any more, of about so many bytes. It
 * does so by itself only when enough is asked for, which in a thread that has become idle may be never; there is no call for it.
 */
export function urgeCollector(bytes: number): void {
  if (bytes >= LEAST_BYTES) press(ROUNDS)
}

function press(rounds: number): void {
  if (rounds === 0) return
  new ArrayBuffer(PRESSURE_BYTES)
  const timer: unknown = setTimeout(() => press(rounds - 1), ROUND_MS)
  // Where timers keep a process alive, this one is not to.
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
