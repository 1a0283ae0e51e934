import { expect, test } from 'vitest'
import { MAX_REMEMBERED, QueryHistory } from '../../../web/explore/query-history.ts'

function memoryStorage(): Pick<Storage, 'getItem' | 'setItem'> {
  const items = new Map<string, string>()
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) }
}

test('the newest query comes first and each is there once', () => {
  const storage = memoryStorage()
  const history = new QueryHistory(storage)
  for (const query of ['a', 'b', 'a', 'c']) history.remember(query)
  expect(new QueryHistory(storage).queries).toEqual(['c', 'a', 'b'])
})

test(`exactly ${MAX_REMEMBERED} queries are kept`, () => {
  const history = new QueryHistory(memoryStorage())
  for (let i = 0; i <= MAX_REMEMBERED; i++) history.remember(`q${i}`)
  expect(history.queries).toHaveLength(MAX_REMEMBERED)
  expect(history.queries.at(-1)).toBe('q1')
})
