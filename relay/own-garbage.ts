import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type CollectGarbage, collectWhenIdle } from '../engine/core/idle-collector.ts'

/** Has what a peak of requests has left in the relay's own thread collected once the thread is idle. */
export function collectOwnGarbage(): void {
  setFlagsFromString('--expose-gc')
  // The globals of this thread were made before the flag was set; those of a new context have the call.
  const collect: unknown = runInNewContext('gc')
  if (isCollector(collect)) collectWhenIdle(collect, () => performance.eventLoopUtilization().active)
}

function isCollector(value: unknown): value is CollectGarbage {
  return typeof value === 'function'
}
