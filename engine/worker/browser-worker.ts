import * as Comlink from 'comlink/dist/esm/comlink.mjs'
import { browserPlatform } from './browser-platform.ts'
import type { HostPort } from './host-port.ts'
import { ShardWorker } from './shard-worker.ts'
import { keepErrorKinds } from './transfer.ts'

keepErrorKinds()
const ports = {
  wrap: (port: MessagePort): HostPort => Comlink.wrap<HostPort>(port),
  share: (host: HostPort, port: MessagePort): void => Comlink.expose(host, port),
}
Comlink.expose(new ShardWorker(browserPlatform, ports))
