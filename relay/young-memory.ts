const FLAG = '--max-semi-space-size'
/**
 * MiB of each half of what new objects of the relay's own thread take. Node lets them take 64, which a peak of connections fills and
 * nothing shrinks; half of it is copied at each collection only as far as it lives, which is little.
 */
const SEMI_SPACE_MEGABYTES = 8

/**
 * Bounds the memory for new objects of this thread, by starting the process anew: V8 takes this at its start alone. The process keeps its number,
 * its streams and its arguments. What the user says of it, in `NODE_OPTIONS` or as an argument of Node, counts.
 * Nothing where the system or this Node cannot do so.
 */
export function boundYoungMemory(): void {
  const { NODE_OPTIONS = '' } = process.env
  const isSaid = [NODE_OPTIONS, ...process.execArgv].some((text) => text.replaceAll('_', '-').includes(FLAG))
  if (isSaid || process.platform === 'win32' || process.execve === undefined) return
  const environment = { ...process.env, NODE_OPTIONS: `${FLAG}=${SEMI_SPACE_MEGABYTES} ${NODE_OPTIONS}` }
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], environment)
}
