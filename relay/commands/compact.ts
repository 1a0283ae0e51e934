import type { Command } from 'commander'
import type { StoreStatistics } from '../../engine/engine.ts'
import type { AdminTask } from '../routes/admin.ts'
import { placeOptions } from './cold-tier.ts'
import { dataOption, tokenOption, urlOption } from './options.ts'
import { formatBytes } from './progress.ts'
import { openSource, type Source, type SourceFlags } from './source.ts'

/** Time between two looks at how far a compaction is. */
const LOOK_MS = 500

/** Adds `tidemark flush`. */
export function addFlushCommand(program: Command): void {
  addTask(program, 'flush', 'write rows in memory to segments and shorten the log')
}

/** Adds `tidemark compact`. */
export function addCompactCommand(program: Command): void {
  addTask(program, 'compact', 'flush, then merge all segments into as few as there can be')
}

function addTask(program: Command, task: AdminTask, description: string): void {
  const command = program
    .command(task)
    .description(description)
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(tokenOption())
    .action((flags: SourceFlags) => runTask(task, flags))
  for (const option of placeOptions('where the cold rows of the folder are')) command.addOption(option)
}

async function runTask(task: AdminTask, flags: SourceFlags): Promise<void> {
  const source = await openSource(flags, { create: false })
  try {
    const before = await source.statistics()
    const after = await withProgress(source, source.reorganise(task))
    process.stdout.write(`before: ${describeStore(before)}\nafter:  ${describeStore(after)}\n`)
    const { writeAmplification, flushedBytes, compactedBytes } = after
    const written = `${formatBytes(flushedBytes)} flushed, ${formatBytes(compactedBytes)} compacted`
    process.stdout.write(`write amplification ${writeAmplification.toFixed(2)} (${written})\n`)
  } finally {
    await source.close()
  }
}

/** Shows on a terminal how far the compaction is until the task ends. */
async function withProgress<T>(source: Source, task: Promise<T>): Promise<T> {
  const out = process.stderr
  if (!out.isTTY) return task
  const look = async (): Promise<void> => {
    const { compacting } = await source.statistics()
    if (compacting === undefined) return
    const percent = Math.floor((100 * compacting.doneBytes) / compacting.totalBytes)
    out.write(`\r\x1b[K${percent}% of ${formatBytes(compacting.totalBytes)} merged`)
  }
  // A look that fails says nothing that the task itself does not say.
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS)
  try {
    return await task
  } finally {
    clearInterval(timer)
    out.write('\r\x1b[K')
  }
}

function describeStore({ segments, segmentBytes, logBytes, headBytes }: StoreStatistics): string {
  const files = `${segments} ${segments === 1 ? 'segment' : 'segments'} of ${formatBytes(segmentBytes)}`
  return `${files}, ${formatBytes(logBytes)} of log, ${formatBytes(headBytes)} of rows in memory`
}
