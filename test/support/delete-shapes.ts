import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import type { Tombstone } from '../../engine/storage/tombstone.ts'

/** Named deletes, the same everywhere. */
export const DELETE_SHAPES: readonly (readonly [string, Tombstone])[] = [
  ['everything', { number: 0, table: 'cpu', matchers: [], start: MIN_TIME, end: MAX_TIME }],
  [
    'every-operator',
    {
      number: 2 ** 40,
      table: 'größe',
      matchers: [
        { tag: 'a', op: '=', value: '' },
        { tag: 'b', op: '!=', value: 'x' },
        { tag: 'c', op: '=~', value: 'a.*|b' },
        { tag: 'd', op: '!~', value: '.+' },
        { tag: 'e', op: 'in', values: ['1', '2'] },
        { tag: 'f', op: 'not in', values: [] },
      ],
      start: -5n,
      end: 1_767_225_600_000_000_000n,
    },
  ],
]
