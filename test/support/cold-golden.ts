import type { Value } from './plain-column.ts'

/** Rows of the golden published folder, in the order of an answer: time, host, region; count, level, text, up. */
export function goldenRows(): Value[][] {
  const rows: Value[][] = []
  const start = 1_767_225_600_000_000_000n // 2026-01-01
  for (let i = 0; i < 240; i++) {
    for (const host of ['a', 'b', 'ü']) {
      const time = start + BigInt(i) * 600_000_000_000n
      const region = host === 'b' ? null : 'eu'
      const count = i % 7 === 3 ? null : BigInt(i) * 3n - (i === 0 ? 2n ** 63n - 1n : 100n)
      const level = i % 50 === 9 ? -0 : ((i * 37) % 100) / 4
      const text = i % 5 === 0 ? null : (['', 'dry', 'wet \u{1f327}'][i % 3] ?? null)
      rows.push([time, host, region, count, level, text, host === 'a' ? i % 2 === 0 : null])
    }
  }
  return rows
}

/** The same as line protocol. */
export function goldenLines(): string {
  return goldenRows()
    .map(([time, host, region, count, level, text, up]) => {
      const fields = [`level=${Object.is(level, -0) ? '-0' : level}`]
      if (count !== null) fields.push(`count=${count}i`)
      if (text !== null) fields.push(`text="${text}"`)
      if (up !== null) fields.push(`up=${up}`)
      return `air,host=${host}${region === null ? '' : `,region=${region}`} ${fields.join(',')} ${time}`
    })
    .join('\n')
}
