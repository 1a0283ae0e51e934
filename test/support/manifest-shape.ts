import type { Manifest } from '../../engine/storage/manifest.ts'

const cpu = { tags: ['host'], fields: new Map([['usage', 'f64']] as const) }
/** A manifest with something in every place. */
export const FULL_MANIFEST: Manifest = {
  segments: [
    {
      name: `${'0a'.repeat(32)}.seg`,
      bytes: 1234,
      tables: new Map([['__proto__', { rows: 1, minTime: -(2n ** 62n), maxTime: 2n ** 62n }]]),
      deletes: 3,
    },
  ],
  logStart: 77,
  tables: new Map([['cpu', cpu]]),
  staleWindows: new Map([['cpu\n60000000000', [{ start: -60_000_000_000n, end: 120_000_000_000n }]]]),
  written: { flushed: 5000, compacted: 12_000 },
  producers: new Map([['gate-7', { sequence: 2n ** 64n - 1n, time: -1n }]]),
  deletes: {
    next: 8,
    waiting: [
      {
        number: 5,
        table: 'cpu',
        matchers: [
          { tag: 'host', op: '=~', value: 'a.*' },
          { tag: 'zone', op: 'not in', values: ['', 'x'] },
        ],
        start: -(2n ** 63n),
        end: 2n ** 63n - 1n,
      },
    ],
  },
  definitions: {
    tables: new Map([
      [
        '__proto__',
        {
          tags: ['host'],
          fields: [
            { name: 'usage', type: 'f64', unit: '%' },
            { name: 'n', type: 'i64' },
          ],
          retentionMs: 86_400_000,
          rollups: [{ everyMs: 60_000, keepMs: 2 ** 52 }, { everyMs: 3_600_000 }],
        },
      ],
    ]),
    views: new Map([['hourly', '{"version":1,"text":"SELECT \\"größe\\""}']]),
  },
}

/** The same with stale windows of which only some groups are meant. */
export const GROUPED_MANIFEST: Manifest = {
  ...FULL_MANIFEST,
  staleWindows: new Map([
    [
      'hourly',
      [
        {
          start: 0n,
          end: 3_600_000_000_000n,
          groups: [
            [
              { tag: 'host', op: 'in', values: ['', 'a', 'größe'] },
              { tag: 'zone', op: '!=', value: 'x' },
            ],
            [{ tag: 'host', op: '=~', value: 'b.*' }],
          ],
        },
        { start: 3_600_000_000_000n, end: 7_200_000_000_000n },
      ],
    ],
  ]),
}
