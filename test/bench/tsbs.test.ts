import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { duckdb } from './systems/duckdb.ts'
import type { BenchSystem } from './systems/system.ts'
import { arrivalBatches, generate, TAGS } from './tsbs-data.ts'
import { lineProtocol } from './tsbs-lines.ts'
import { aligned, difference, instances, QUERY_TYPES } from './tsbs-queries.ts'
import { reference } from './tsbs-reference.ts'

const SEED = 123

describe('the generator', () => {
  const data = generate({ hosts: 20, hours: 12, seed: SEED })

  test('makes the same data of the same seed and other data of another', () => {
    expect(generate({ hosts: 20, hours: 12, seed: SEED })).toEqual(data)
    expect(generate({ hosts: 20, hours: 12, seed: SEED + 1 }).fields).not.toEqual(data.fields)
  })

  test('makes a host the same whatever hosts there are besides', () => {
    const [few, many] = [generate({ hosts: 2, hours: 12, seed: SEED }), data]
    expect(few.tags).toEqual(many.tags.slice(0, 2))
    expect(few.fields[9]?.subarray(0, 2 * few.ticks)).toEqual(many.fields[9]?.subarray(0, 2 * many.ticks))
  })

  test('makes 360 rows of ten fields an hour and host from 2016 on', () => {
    expect(data.rows).toBe(20 * 12 * 360)
    expect(data.values).toBe(data.rows * 10)
    expect(new Date(data.start * 1000).toISOString()).toBe('2016-01-01T00:00:00.000Z')
    expect(data.end - data.start).toBe(12 * 3600)
  })

  test('gives each host ten tags of TSBS, and its datacenter lies in its region', () => {
    for (const [host, tags] of data.tags.entries()) {
      const tag = (name: string): string => tags[TAGS.indexOf(name)] ?? ''
      expect(tags).toHaveLength(10)
      expect(tag('hostname')).toBe(`host_${host}`)
      expect(tag('datacenter')).toMatch(new RegExp(`^${tag('region')}[a-e]$`))
      expect(Number(tag('rack'))).toBeLessThan(100)
      expect(Number(tag('service'))).toBeLessThan(20)
    }
  })

  test('walks by steps of normal(0, 1) between 0 and 100 from a uniform start', () => {
    const starts: number[] = []
    const steps: number[] = []
    for (const values of data.fields) {
      for (let row = 0; row < data.rows; row++) {
        const value = values[row] ?? NaN
        if (row % data.ticks === 0) starts.push(value)
        // Clamping shortens steps at the ends.
        else if (value > 5 && value < 95) steps.push(value - (values[row - 1] ?? NaN))
      }
    }
    const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length
    expect(data.fields.every((values) => values.every((value) => value <= 100))).toBe(true)
    // 200 starts: the standard error of their mean is 2.
    expect(Math.abs(mean(starts) - 49.5)).toBeLessThan(8)
    expect(Math.abs(mean(steps))).toBeLessThan(0.01)
    // Truncation to integers adds two uniform errors, of 1/12 each, to the variance of 1.
    expect(mean(steps.map((step) => step * step))).toBeCloseTo(1 + 2 / 12, 1)
  })

  test('writes the rows as line protocol tick by tick', () => {
    const lines = [...lineProtocol(data)].join('').trimEnd().split('\n')
    expect(lines).toHaveLength(data.rows)
    expect(lines[21]).toMatch(/^cpu,hostname=host_1,region=[a-z0-9-]+,.*,service_environment=\w+ usage_user=\d+i,/)
    expect(lines[21]).toContain(`,usage_guest_nice=${data.fields[9]?.[data.ticks + 1]}i 1451606410000000000`)
  })

  test('gives the same rows by column in the order of arrival', () => {
    const [first, second] = [...arrivalBatches(data, 200)]
    expect(first?.rows).toBe(200)
    expect(first?.hosts[21]).toBe(1)
    expect(first?.time[21]).toBe(1451606410000000000n)
    expect(second?.time[0]).toBe(1451606500000000000n)
    expect(first?.fields[3]?.[21]).toBe(BigInt(data.fields[3]?.[data.ticks + 1] ?? -1))
  })
})

describe('the questions', () => {
  const data = generate({ hosts: 12, hours: 24, seed: SEED })

  test('are fifteen types, the same for every system', () => {
    expect(QUERY_TYPES).toHaveLength(15)
    for (const type of QUERY_TYPES) expect(instances(type, data, 3, 7)).toEqual(instances(type, data, 3, 7))
  })

  test('ask over windows inside the data, of the length that the type names, and different hosts', () => {
    for (const type of QUERY_TYPES) {
      for (const query of instances(type, data, 50, 7)) {
        if (!('start' in query)) continue
        expect(query.start).toBeGreaterThanOrEqual(data.start)
        expect(query.end).toBeLessThanOrEqual(data.end)
        const hours = /^single-groupby-\d-\d-(\d+)$/.exec(type.name)?.[1] ?? (type.name.startsWith('cpu-max') ? 8 : 12)
        expect(query.end - query.start).toBe(Number(hours) * 3600)
        if ('hosts' in query && query.hosts) expect(new Set(query.hosts).size).toBe(query.hosts.length)
        expect(aligned(query)).toMatchObject({ end: expect.any(Number) })
      }
    }
  })

  test('a difference beyond 1e-9 is found whatever the order of the rows', () => {
    const rows = [
      [10, 1, 50],
      [20, 1, 60],
    ]
    expect(difference(rows, rows.toReversed())).toBeUndefined()
    expect(difference(rows, [[10, 1, 50 + 1e-9], rows[1] ?? []])).toBeUndefined()
    expect(difference(rows, [[10, 1, 50 + 1e-6], rows[1] ?? []])).toBe('row 0, cell 2: 50.000001 instead of 50')
    expect(difference(rows, [[10, 1, NaN], rows[1] ?? []])).toContain('NaN')
    expect(difference(rows, rows.slice(1))).toBe('1 rows instead of 2')
  })
})

describe('the reference', () => {
  const data = generate({ hosts: 10, hours: 14, seed: SEED })
  const folder = mkdtempSync(join(tmpdir(), 'tsbs-test-'))
  let system: BenchSystem

  beforeAll(async () => {
    system = await duckdb.open({ data, folder, lineBatches: () => [] })
    await system.load()
  })
  afterAll(async () => {
    await system.close()
    rmSync(folder, { recursive: true })
  })

  test.each(QUERY_TYPES)('agrees with DuckDB on $name', async (type) => {
    for (const query of instances(type, data, 3, SEED)) {
      for (const asked of [query, aligned(query)]) {
        const expected = await system.answer(asked)
        expect(difference(expected, reference(data, asked))).toBeUndefined()
      }
    }
  })
})
