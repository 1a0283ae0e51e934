import { exposeToPage } from '../core/calls.ts'
import { browserPlatform } from './browser-platform.ts'
import { TabWorker } from './tab/tab-worker.ts'

exposeToPage(new TabWorker(browserPlatform))
