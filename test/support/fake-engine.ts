import type { Engine } from '../../engine/engine.ts'

const unused = (name: string) => (): never => {
  throw new Error(`the test did not expect a call of ${name}`)
}

/** An engine of which a test gives the parts that it drives by hand: faults, slowness, updates out of thin air. */
export function fakeEngine(parts: Partial<Engine>): Engine {
  return {
    append: unused('append'),
    delete: unused('delete'),
    query: unused('query'),
    subscribe: unused('subscribe'),
    catalog: unused('catalog'),
    statistics: unused('statistics'),
    flush: unused('flush'),
    backup: unused('backup'),
    rejectedRows: unused('rejectedRows'),
    compact: unused('compact'),
    moveToCold: unused('moveToCold'),
    close: unused('close'),
    ...parts,
  }
}
