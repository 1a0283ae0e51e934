import { describe, expect, test } from 'vitest'
import type { Catalog } from '../../../engine/core/plan.ts'
import { check } from '../../../engine/query/check/check.ts'
import { parse } from '../../../engine/query/parse/parse.ts'
import { availablePanels, HOST_PANELS, headlineOf, panelQuery } from '../../../web/dashboard/panel-spec.ts'
import { RANGES } from '../../../web/dashboard/range.ts'
import { findErrors } from '../../../web/editor/diagnostics.ts'
import { exampleQueries, quoteName } from '../../../web/explore/example-queries.ts'

const NOW = 1_795_000_000_000_000_000n
const f64 = (name: string) => ({ name, type: 'f64' as const })

/** The host's tables as the relay writes them on Linux. */
const HOST: Catalog = {
  tables: [
    { name: 'host_cpu', tags: ['cpu'], fields: ['usage_idle', 'usage_system', 'usage_user'].map(f64) },
    {
      name: 'host_disk',
      tags: ['device', 'path'],
      fields: ['busy_percent', 'read_bytes_per_second', 'used_percent', 'written_bytes_per_second'].map(f64),
    },
    { name: 'host_load', tags: [], fields: ['load1', 'load15', 'load5'].map(f64) },
    { name: 'host_memory', tags: [], fields: [{ name: 'used', type: 'i64' }] },
    { name: 'host_network', tags: ['interface'], fields: ['rx_bytes_per_second', 'tx_bytes_per_second'].map(f64) },
    { name: 'host_process', tags: ['process'], fields: ['cpu_percent', 'rss_bytes'].map(f64) },
  ],
}
const AWKWARD: Catalog = {
  tables: [
    { name: 'order', tags: ['group', 'a"b'], fields: [{ name: 'max temp', type: 'f64' }] },
    { name: 'empty', tags: [], fields: [] },
    { name: 'text', tags: [], fields: [{ name: 'note', type: 'string' }] },
  ],
}

const runs = (query: string, catalog: Catalog): void => {
  check(parse(query), catalog, { now: NOW })
}

describe('panels of the host dashboard', () => {
  const panels = availablePanels(HOST, HOST_PANELS)

  test('are those that the catalog has fields for, with these fields alone', () => {
    expect(panels.map(({ id }) => id)).toContain('cpu')
    expect(panels.map(({ id }) => id)).not.toContain('process-delay')
    expect(Object.values(panels.find(({ id }) => id === 'cpu')?.fields ?? {})).toEqual(['usage_user', 'usage_system'])
    expect(availablePanels({ tables: [] }, HOST_PANELS)).toEqual([])
  })

  test.each(RANGES.map((range) => [range.name, range] as const))(
    'ask what the engine understands, over %s',
    (_, range) => {
      for (const panel of panels) runs(panelQuery(panel, range), HOST)
    },
  )

  test.each(RANGES.map((range) => [range.name, range] as const))('get 200 to 500 values a line over %s', (_, range) => {
    const values = range.lengthMs / range.windowMs
    expect(values).toBeGreaterThanOrEqual(200)
    expect(values).toBeLessThanOrEqual(500)
  })

  test('head with the sum, the greatest or the first of the newest values', () => {
    const [panel] = panels
    if (panel === undefined) throw new Error('no panel')
    expect(headlineOf({ ...panel, headline: 'sum' }, [1, Number.NaN, 2])).toBe(3)
    expect(headlineOf({ ...panel, headline: 'max' }, [1, 2])).toBe(2)
    expect(headlineOf({ ...panel, headline: 'first' }, [Number.NaN, 7, 2])).toBe(7)
    expect(headlineOf({ ...panel, headline: 'max' }, [])).toBeUndefined()
  })
})

test.each([
  ['host tables', HOST],
  ['awkward names', AWKWARD],
])('every example over %s is a query that the engine understands', (_, catalog) => {
  const examples = exampleQueries(catalog)
  expect(examples.length).toBeGreaterThan(catalog.tables.length)
  for (const { query } of examples) runs(query, catalog)
})

test('names are quoted where they have to be', () => {
  expect(['cpu', 'usage_user', 'order', 'max temp', 'a"b', '1st'].map(quoteName)).toEqual([
    'cpu',
    'usage_user',
    '"order"',
    '"max temp"',
    '"a""b"',
    '"1st"',
  ])
})

describe('errors in the editor', () => {
  test('lie where the engine says', async () => {
    const [error] = await findErrors('SELECT max(usage_usr) FROM host_cpu', HOST)
    expect(error).toMatchObject({ from: 11, to: 20, severity: 'error' })
    expect(error?.message).toContain('usage_user')
  })

  test('at the end of the text underline its last character', async () => {
    const text = 'SELECT max('
    expect(await findErrors(text, HOST)).toMatchObject([{ from: text.length - 1, to: text.length }])
  })

  test('are none for a right query, an empty text or a comment', async () => {
    for (const text of [
      'SELECT * FROM host_cpu',
      '',
      '  \n',
      '-- later',
      "SELECT * FROM host_cpu WHERE cpu =~ '[0-9]+'",
    ]) {
      expect(await findErrors(text, HOST)).toEqual([])
    }
  })
})
