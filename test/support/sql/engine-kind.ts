import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, type EngineOptions, openEngine, type RollupRule } from '../../../engine/engine.ts'
import { tiersOn } from '../cold-place.ts'
import { S3Server } from '../s3-server.ts'
import type { Dice } from './dice.ts'
import type { PlainDatabase, TableChange } from './random-database.ts'

/** How rows are kept where a query is asked. */
export const ENGINE_KINDS = [
  'memory',
  'mixed',
  'flushed',
  'compacted',
  'one worker',
  'two workers',
  'three workers',
  'cold',
  'rollups',
  'reopened',
] as const
export type EngineKind = (typeof ENGINE_KINDS)[number]

const WORKERS: Readonly<Partial<Record<EngineKind, number>>> = { 'one worker': 1, 'two workers': 2, 'three workers': 3 }

/** Later than all days that rows have, so that all of them may go to the cold tier. */
const LATE = 2n ** 62n

export interface OpenedEngine {
  engine: Engine
  close(): Promise<void>
}

/** An engine of a kind to which everything has been done that makes a database. */
export async function openKind(kind: EngineKind, database: PlainDatabase, dice: Dice): Promise<OpenedEngine> {
  const server = kind === 'cold' ? await S3Server.start() : undefined
  const rules = Object.fromEntries(database.tables.map(({ name }) => [name, { afterMs: 0 }]))
  const workers = WORKERS[kind] ?? 0
  const inFolder = workers > 0 || server !== undefined || kind === 'reopened'
  const folder = inFolder ? await mkdtemp(join(tmpdir(), 'tidemark-sql-')) : undefined
  const options: EngineOptions = {
    store: folder === undefined ? { kind: 'memory' } : { kind: 'files', directory: folder },
    workers,
    clock: { now: () => LATE },
    ...(server && { tiers: tiersOn(server, 'p', rules) }),
    ...(kind === 'rollups' && { rollups: rollupsOf(database) }),
  }
  let engine = await openEngine(options)
  const changes = database.tables.flatMap(({ name, changes }) => changes.map((change) => ({ name, change })))
  for (const [k, { name, change }] of changes.entries()) {
    await apply(engine, name, change)
    if (kind === 'flushed' || (kind !== 'memory' && dice.once(3))) await engine.flush()
    if (server && (dice.once(3) || k === changes.length - 2)) await engine.moveToCold()
  }
  if (kind === 'compacted') await engine.compact()
  if (kind === 'reopened') {
    await engine.close()
    engine = await openEngine({ ...options, workers: 1 })
  }
  const close = async (): Promise<void> => {
    await engine.close()
    await server?.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
  return { engine, close }
}

/** Windows of some steps of the database, which queries use by themselves. */
function rollupsOf({ tables, stepNs }: PlainDatabase): Record<string, RollupRule[]> {
  const stepMs = Number(stepNs / 1_000_000n)
  const rules = [{ everyMs: stepMs }, { everyMs: stepMs * 2 }, { everyMs: stepMs * 6 }]
  return Object.fromEntries(tables.map(({ name }) => [name, rules]))
}

async function apply(engine: Engine, table: string, change: TableChange): Promise<void> {
  if (change.kind === 'append') {
    const { rejected } = await engine.append({ kind: 'columns', rows: structuredClone(change.columns) })
    if (rejected.length > 0) throw new Error(`rejected: ${rejected[0]?.reason}`)
    return
  }
  const { start, end, tag } = change
  await engine.delete({ table, start, end, ...(tag && { matchers: [{ tag: tag.name, op: '=', value: tag.value }] }) })
}
