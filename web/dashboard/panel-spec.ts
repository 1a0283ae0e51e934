import type { Catalog } from '../../engine/core/plan.ts'
import type { ChartKind } from '../chart/time-chart.ts'
import type { Range } from './range.ts'

/** One chart of the host dashboard: some fields of one table. */
export interface PanelSpec {
  id: string
  title: string
  table: string
  /** Fields by the name that the legend shows. */
  fields: Readonly<Record<string, string>>
  /** A tag test. */
  where?: string
  /** The tag whose values are lines of their own. */
  by?: string
  /** What stands before the tag's value in a line's name. */
  linePrefix?: string
  kind: ChartKind
  unit?: string
  floor?: number
  ceiling?: number
  /** Values are shown as what is missing to this: busy is 100 without idle. */
  complement?: number
  /** How the newest values become the number in the header. */
  headline: 'sum' | 'first' | 'max'
  wide?: boolean
}

export const HOST_PANELS: readonly PanelSpec[] = [
  {
    id: 'cpu',
    title: 'Processor',
    table: 'host_cpu',
    where: "cpu = 'total'",
    fields: {
      user: 'usage_user',
      system: 'usage_system',
      iowait: 'usage_iowait',
      nice: 'usage_nice',
      irq: 'usage_irq',
      softirq: 'usage_softirq',
      steal: 'usage_steal',
    },
    kind: 'stack',
    unit: '%',
    floor: 0,
    ceiling: 100,
    headline: 'sum',
    wide: true,
  },
  {
    id: 'load',
    title: 'Load average',
    table: 'host_load',
    fields: { '1 min': 'load1', '5 min': 'load5', '15 min': 'load15' },
    kind: 'line',
    floor: 0,
    headline: 'first',
  },
  {
    id: 'cores',
    title: 'Processor, by core',
    table: 'host_cpu',
    where: "cpu != 'total'",
    by: 'cpu',
    linePrefix: 'core ',
    fields: { busy: 'usage_idle' },
    complement: 100,
    kind: 'line',
    unit: '%',
    floor: 0,
    ceiling: 100,
    headline: 'max',
  },
  {
    id: 'memory',
    title: 'Memory in use',
    table: 'host_memory',
    fields: { used: 'used', cached: 'cached', buffers: 'buffers', swap: 'swap_used' },
    kind: 'line',
    unit: 'B',
    floor: 0,
    headline: 'first',
  },
  {
    id: 'network',
    title: 'Network',
    table: 'host_network',
    by: 'interface',
    fields: { in: 'rx_bytes_per_second', out: 'tx_bytes_per_second' },
    kind: 'line',
    unit: 'B/s',
    floor: 0,
    headline: 'sum',
  },
  {
    id: 'disk-transfer',
    title: 'Disk transfer',
    table: 'host_disk',
    where: "device != ''",
    by: 'device',
    fields: { read: 'read_bytes_per_second', written: 'written_bytes_per_second' },
    kind: 'line',
    unit: 'B/s',
    floor: 0,
    headline: 'sum',
  },
  {
    id: 'disk-busy',
    title: 'Disk busy',
    table: 'host_disk',
    where: "device != ''",
    by: 'device',
    fields: { busy: 'busy_percent' },
    kind: 'line',
    unit: '%',
    floor: 0,
    ceiling: 100,
    headline: 'max',
  },
  {
    id: 'process-cpu',
    title: 'Tidemark: processor',
    table: 'host_process',
    fields: { 'one core = 100%': 'cpu_percent' },
    kind: 'area',
    unit: '%',
    floor: 0,
    headline: 'first',
  },
  {
    id: 'process-memory',
    title: 'Tidemark: memory',
    table: 'host_process',
    fields: { resident: 'rss_bytes', heap: 'heap_used_bytes', buffers: 'array_buffers_bytes' },
    kind: 'line',
    unit: 'B',
    floor: 0,
    headline: 'first',
  },
  {
    id: 'process-delay',
    title: 'Tidemark: event loop delay',
    table: 'host_process',
    fields: { greatest: 'event_loop_delay_max_ms', mean: 'event_loop_delay_mean_ms' },
    kind: 'line',
    unit: 'ms',
    floor: 0,
    headline: 'first',
  },
  {
    id: 'disk-space',
    title: 'Disk space used',
    table: 'host_disk',
    where: "path != ''",
    by: 'path',
    fields: { used: 'used_percent' },
    kind: 'area',
    unit: '%',
    floor: 0,
    ceiling: 100,
    headline: 'max',
  },
]

/** The panels that a catalog has fields for, each with those fields alone: other systems measure less than Linux. */
export function availablePanels(catalog: Catalog, panels: readonly PanelSpec[]): PanelSpec[] {
  return panels.flatMap((panel) => {
    const table = catalog.tables.find(({ name }) => name === panel.table)
    if (table === undefined) return []
    const known = new Set(table.fields.map(({ name }) => name))
    const fields = Object.fromEntries(Object.entries(panel.fields).filter(([, field]) => known.has(field)))
    return Object.keys(fields).length === 0 ? [] : [{ ...panel, fields }]
  })
}

const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The TSQL of a panel over a range that ends now. */
export function panelQuery(panel: PanelSpec, range: Range): string {
  const items = Object.entries(panel.fields).map(([name, field]) => {
    const average = `avg(${field})`
    const value = panel.complement === undefined ? average : `${panel.complement} - ${average}`
    return `${value} AS ${quoteName(name)}`
  })
  const tests = [...(panel.where ? [panel.where] : []), `time >= now() - ${range.name}`]
  const groups = [range.window, ...(panel.by ? [panel.by] : [])]
  return `SELECT ${items.join(', ')} FROM ${panel.table} WHERE ${tests.join(' AND ')} GROUP BY ${groups.join(', ')}`
}

/** The number in a panel's header, from the newest value of each line. */
export function headlineOf(panel: PanelSpec, newest: readonly number[]): number | undefined {
  const values = newest.filter((value) => !Number.isNaN(value))
  const [first] = values
  if (first === undefined || panel.headline === 'first') return first
  return panel.headline === 'max' ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0)
}
