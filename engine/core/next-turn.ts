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
