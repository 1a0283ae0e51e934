import { performance } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'
import { expose, remote } from '../core/calls.ts'
import { collectWhenIdle } from '../core/idle-collector.ts'
import { nodeEndpoint } from './node-endpoint.ts'
import { nodePlatform } from './node-platform.ts'
import type { HostPort } from './shard/host-port.ts'
import { ShardWorker } from './shard/shard-worker.ts'

if (parentPort) {
  const worker = new ShardWorker(nodePlatform, {
    wrap: (port) => remote<HostPort>(port),
    share: (host, port) => expose(host, port),
  })
  expose(worker, nodeEndpoint(parentPort))
  if (globalThis.gc) collectWhenIdle(globalThis.gc, () => performance.eventLoopUtilization().active)
}
