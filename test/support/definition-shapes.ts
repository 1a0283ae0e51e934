import type { DefinitionRecord } from '../../engine/storage/definition.ts'

/** Named records of definitions, the same everywhere. */
export const DEFINITION_SHAPES: readonly (readonly [string, DefinitionRecord])[] = [
  ['least-table', { kind: 'table', name: 't', definition: { tags: [], fields: [], rollups: [] } }],
  [
    'full-table',
    {
      kind: 'table',
      name: 'größe',
      definition: {
        tags: ['host', '__proto__'],
        fields: [
          { name: 'a', type: 'f64', unit: '°C' },
          { name: 'b', type: 'i64' },
          { name: 'c', type: 'bool' },
          { name: 'd', type: 'string' },
        ],
        retentionMs: 2 ** 52,
        rollups: [{ everyMs: 1 }, { everyMs: 3_600_000, keepMs: 63_072_000_000 }],
      },
    },
  ],
  ['dropped-table', { kind: 'table', name: 't' }],
  ['view', { kind: 'view', name: 'v', definition: '{"text":"SELECT 1"}' }],
  ['dropped-view', { kind: 'view', name: 'v' }],
]
