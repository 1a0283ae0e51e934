/**
 * Resolves after the messages that are due have been seen to. A timer would take a millisecond more, four in browsers;
 * Node has a call for it, browsers a channel.
 */
export const nextTurn: () => Promise<void> = 'setImmediate' in globalThis ? immediate : channelTurn()

function immediate(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function channelTurn(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      port2.postMessage(undefined)
    })
}

/** After so long without a turn for anything else, what runs without waiting leaves one. */
const TURN_MS = 5

/**
 * For work in pieces that wait for nobody, as one query after the other in the caller's own thread: to be awaited before
 * each piece. There is nothing to await unless timers, files and messages have had no turn for 5 ms.
 */
export function openTurns(): () => Promise<void> | undefined {
  let began: number | undefined
  return () => {
    if (began !== undefined) return performance.now() - began < TURN_MS ? undefined : nextTurn()
    began = performance.now()
    void nextTurn().then(() => {
      began = undefined
    })
    return undefined
  }
}
