import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../../engine/core/errors.ts'
import { type Entrance, FairLine } from '../../../engine/query/run/fair-line.ts'

const never = new AbortController().signal
const turns = () => new Promise<void>((done) => setImmediate(done))

/** A line, and who was let in, in the order of that. */
function openLine(limits: { running: number; waiting?: number; waitingOfClient?: number }) {
  const line = new FairLine({ waiting: 1000, waitingOfClient: 1000, ...limits })
  const inside: string[] = []
  const come = (name: string, entrance: Partial<Entrance> & { client: string }) =>
    line.enter({ signal: never, ...entrance }).then(() => void inside.push(name))
  const leave = async () => {
    line.leave()
    await turns()
  }
  return { line, inside, come, leave }
}

describe('a fair line', () => {
  test('lets clients take turns, however many each of them sends, and keeps the order of each', async () => {
    const { inside, come, leave } = openLine({ running: 1 })
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']) void come(name, { client: name.slice(0, 1) })
    await turns()
    for (let i = 0; i < 6; i++) await leave()
    expect(inside).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
  })

  test('lets who goes on with what has begun in before the others of its client', async () => {
    const { inside, come, leave } = openLine({ running: 1 })
    void come('first', { client: 'a' })
    void come('new', { client: 'a' })
    void come('other', { client: 'b' })
    void come('begun', { client: 'a', hasBegun: true })
    await turns()
    for (let i = 0; i < 3; i++) await leave()
    expect(inside).toEqual(['first', 'begun', 'other', 'new'])
  })

  test('turns away at exactly its limits, of one client and of all, but never who has begun', async () => {
    const { come } = openLine({ running: 1, waiting: 3, waitingOfClient: 2 })
    const ofA = [1, 2, 3].map((n) => come(`a${n}`, { client: 'a' }))
    await expect(come('a4', { client: 'a' })).rejects.toThrow(
      '2 queries of this client wait already, as many as may, while 1 run',
    )
    void come('b1', { client: 'b' })
    const full = come('b2', { client: 'b' })
    await expect(full).rejects.toThrow('3 queries wait already, as many as may, while 1 run')
    await expect(full).rejects.toMatchObject({ kind: 'quota', hint: expect.stringContaining('Try again') })
    void come('a5', { client: 'a', hasBegun: true })
    await ofA[0]
  })

  test('who gives up leaves the line, with the reason of the signal, and takes no place', async () => {
    const { inside, come, leave } = openLine({ running: 1 })
    const abort = new AbortController()
    void come('first', { client: 'a' })
    const given = come('given up', { client: 'a', signal: abort.signal })
    void come('last', { client: 'a' })
    abort.abort(new TidemarkError('cancelled', 'enough'))
    await expect(given).rejects.toThrow('enough')
    await leave()
    expect(inside).toEqual(['first', 'last'])
    await expect(come('late', { client: 'a', signal: abort.signal })).rejects.toThrow('enough')
  })

  test('never has more inside than it may, and everybody gets in, whoever comes, leaves and gives up when', async () => {
    const step = fc.oneof(
      fc.record({ come: fc.constantFrom('a', 'b', 'c'), begun: fc.boolean() }),
      fc.constant('leave' as const),
      fc.record({ giveUp: fc.nat(20) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }), async (running, steps) => {
        const line = new FairLine({ running, waiting: 1000, waitingOfClient: 1000 })
        const aborts: AbortController[] = []
        let [came, inside, gone] = [0, 0, 0]
        const leave = async () => {
          if (inside === 0) return
          inside--
          gone++
          line.leave()
          await turns()
        }
        for (const each of steps) {
          if (each === 'leave') await leave()
          else if ('giveUp' in each) aborts[each.giveUp]?.abort()
          else {
            const abort = new AbortController()
            aborts.push(abort)
            came++
            line.enter({ client: each.come, signal: abort.signal, hasBegun: each.begun }).then(
              () => inside++,
              () => gone++,
            )
          }
          await turns()
          expect(inside).toBeLessThanOrEqual(running)
        }
        while (inside > 0) await leave()
        expect(gone).toBe(came)
      }),
      { numRuns: 100 },
    )
  })
})
