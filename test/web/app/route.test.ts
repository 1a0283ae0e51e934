import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRoute, printRoute } from '../../../web/app/route.ts'

test('an address without a hash is the dashboard', () => {
  expect(parseRoute('')).toEqual({ page: 'dashboard' })
  expect(parseRoute('#/')).toEqual({ page: 'dashboard' })
  expect(parseRoute('#/nowhere')).toEqual({ page: 'dashboard' })
})

test('any query survives the address', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (query) => {
      expect(parseRoute(printRoute({ page: 'explore', query }))).toEqual({ page: 'explore', query })
    }),
  )
  expect(parseRoute(printRoute({ page: 'explore', query: undefined }))).toEqual({ page: 'explore', query: undefined })
})
