import { parentPort } from 'node:worker_threads'
import * as Comlink from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { nodePlatform } from './node-platform.ts'
import type { HostPort } from './shard/host-port.ts'
import { ShardWorker } from './shard/shard-worker.ts'
import { keepErrorKinds } from './transfer.ts'

keepErrorKinds()
if (parentPort) {
  const worker = new ShardWorker(nodePlatform, {
    // Node's message ports have the events of both worlds.
    wrap: (port) => Comlink.wrap<HostPort>(port),
    share: (host, port) => Comlink.expose(host, port),
  })
  Comlink.expose(worker, nodeEndpoint(parentPort))
}
