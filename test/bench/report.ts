import { type QueryTimes, type SystemResult, WARM_MS } from './measurement.ts'
import { QUERY_TYPES } from './tsbs-queries.ts'

type Row = readonly string[]

function markdownTable(header: Row, rows: readonly Row[]): string {
  const widths = header.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (row: Row): string => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [line(header), rule, ...rows.map(line)].join('\n')
}

const NONE = '–'

const milliseconds = (value: number): string => value.toFixed(value < 100 ? 2 : 0)

function timesCell(times: QueryTimes | undefined, wrong: string | undefined): string {
  if (wrong !== undefined) return 'wrong answer'
  if (times === undefined) return NONE
  const cpu = times.cpuMs === null ? NONE : milliseconds(times.cpuMs)
  return `${milliseconds(times.medianMs)} / ${milliseconds(times.minMs)} / ${cpu}`
}

/** Lowest median among the others, and how many times slower it is than the best of ours. */
function bestPeer(type: string, results: readonly SystemResult[]): string {
  const best = (own: boolean): SystemResult | undefined =>
    results
      .filter((result) => result.own === own && result.queries[type] !== undefined)
      .toSorted((a, b) => (a.queries[type]?.medianMs ?? 0) - (b.queries[type]?.medianMs ?? 0))[0]
  const peer = best(false)
  const peerMs = peer?.queries[type]?.medianMs
  if (peer === undefined || peerMs === undefined) return NONE
  const ownMs = best(true)?.queries[type]?.medianMs
  return ownMs === undefined ? peer.label : `${peer.label} (${(peerMs / ownMs).toFixed(2)}× ours)`
}

function ingestCell(result: SystemResult): string {
  return result.ingest
    .map(({ values, wallMs, cpuSeconds }) => {
      const cpu = Number.isFinite(cpuSeconds) ? ((cpuSeconds * 1e6) / values).toFixed(2) : NONE
      return `${(values / wallMs / 1000).toFixed(2)} (${cpu})`
    })
    .join('; ')
}

function validatedCell({ validated, queries }: SystemResult): string {
  const wrong = Object.keys(validated.wrong).length
  const right = Object.keys(queries).length
  return `${right} of ${right + wrong}${validated.alignedOnly === null ? '' : ' (aligned)'}`
}

/** All systems side by side, one column each. */
export function resultTable(results: readonly SystemResult[]): string {
  const across = (name: string, cell: (result: SystemResult) => string, last = ''): Row => [
    name,
    ...results.map(cell),
    last,
  ]
  const load = ({ before, after }: SystemResult['loadAverage']): string => `${before.toFixed(2)} → ${after.toFixed(2)}`
  const rows = [
    across('version', (result) => result.version),
    across('ingest, M values/s (CPU s per M)', ingestCell),
    across('bytes/value at rest, settled', (result) => result.bytesPerValue?.toFixed(3) ?? NONE),
    across('append to visible, ms, p50 / p99', ({ visibilityMs }) =>
      visibilityMs === null ? NONE : `${milliseconds(visibilityMs.p50)} / ${milliseconds(visibilityMs.p99)}`,
    ),
    across('query types answered right', validatedCell),
    across('load average', (result) => load(result.loadAverage)),
    ...QUERY_TYPES.filter(({ name }) =>
      results.some((result) => name in result.queries || name in result.validated.wrong),
    ).map(({ name }) =>
      across(
        `${name}, ms`,
        (result) => timesCell(result.queries[name], result.validated.wrong[name]),
        bestPeer(name, results),
      ),
    ),
  ]
  return markdownTable(['', ...results.map((result) => result.label), 'best peer'], rows)
}

/** What the table's cells mean, and what was found wrong. */
export function footnotes(results: readonly SystemResult[]): string {
  const notes = [
    "Times are median / minimum / processor time of a query, to the whole answer in the client's memory.",
    `Data at rest is settled: compacted or merged as far as the system does it on demand. Before the clock runs, all types are asked once, then each again and again for ${WARM_MS / 1000} s.`,
    'Processor time of servers and browsers is counted in ticks of 10 ms over all runs of a type.',
  ]
  for (const { label, ingest, validated, visibilityMs } of results) {
    notes.push(`${label}: ingest by ${ingest.map(({ how }) => how).join('; ')}.`)
    if (validated.alignedOnly !== null)
      notes.push(`${label}: answers checked over aligned windows only: ${validated.alignedOnly}.`)
    if (visibilityMs !== null) notes.push(`${label}: ${visibilityMs.samples} appends were awaited while loading.`)
    for (const [type, wrong] of Object.entries(validated.wrong)) notes.push(`${label}: ${type} is wrong: ${wrong}.`)
  }
  return notes.map((note) => `- ${note}`).join('\n')
}
