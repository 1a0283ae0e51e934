import { expect, it } from 'vitest'
import { collectRows, openEngine } from '../../engine/engine.ts'

const MOST_QUERIES = 50_000

it('leaves turns to timers between queries that are asked one after the other in the same thread', async () => {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  try {
    await engine.append({ kind: 'line-protocol', body: 'm v=1 1\n' })
    const ask = async () => collectRows(await engine.query('SELECT v FROM m'))
    // Modules that load on first use leave turns of their own.
    for (let i = 0; i < 10; i++) await ask()
    let rang = false
    setTimeout(() => {
      rang = true
    })
    let asked = 0
    for (; !rang && asked < MOST_QUERIES; asked++) await ask()
    expect(rang, `${asked} queries`).toBe(true)
  } finally {
    await engine.close()
  }
})
