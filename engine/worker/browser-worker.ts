import * as Comlink from 'comlink/dist/esm/comlink.mjs'
import { browserPlatform } from './browser-platform.ts'
import { TabWorker } from './tab/tab-worker.ts'
import { keepErrorKinds } from './transfer.ts'

keepErrorKinds()
Comlink.expose(new TabWorker(browserPlatform))
