import { exposeToPage, Reference } from '../core/calls.ts'
import { nextTurn } from '../core/next-turn.ts'
import { Kernel } from '../kernel/kernel.ts'
import { loadCore } from '../kernel/load-browser.ts'
import { openOpfsStore } from '../storage/opfs-store.ts'
import { StorePort } from './store-port.ts'

/** Opens a store in files of the browser, whose calls block the thread that makes them: this one has nothing else to do. */
export class StoreOpener {
  async open(database: string): Promise<Reference<StorePort>> {
    const kernel = await Kernel.create(await loadCore())
    const store = await openOpfsStore(database, { checksum: (bytes) => kernel.checksum(bytes), gather: nextTurn })
    return new Reference(new StorePort(store))
  }
}

exposeToPage(new StoreOpener())
