import { type Command, InvalidArgumentError, Option } from 'commander'
import { dataOption, tokenOption, urlOption } from './options.ts'
import { endWithReader } from './output.ts'
import { openSource, type SourceFlags } from './source.ts'
import { printTable } from './table.ts'

interface RejectedFlags extends SourceFlags {
  limit: number
}

const COLUMNS = [
  { name: 'time', type: 'time' },
  { name: 'line', type: 'i64' },
  { name: 'column', type: 'i64' },
  { name: 'reason', type: 'string' },
  { name: 'text', type: 'string' },
] as const

/** Adds `tidemark rejected`. */
export function addRejectedCommand(program: Command): void {
  program
    .command('rejected')
    .description('show the rows that were rejected last, with the reason')
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(tokenOption())
    .addOption(new Option('--limit <count>', 'rows to show').default(20).argParser(parseLimit))
    .action(runRejected)
}

async function runRejected({ limit, ...where }: RejectedFlags): Promise<void> {
  endWithReader()
  const source = await openSource(where, { create: false })
  try {
    const { total, rows } = await source.rejected()
    const shown = rows.slice(0, limit)
    const cells = shown.map(({ time, line, column, reason, text }) => [time, line, column, reason, text])
    process.stdout.write(rows.length === 0 ? 'no row was rejected\n' : printTable(COLUMNS, cells))
    if (total > shown.length) process.stderr.write(`the newest ${shown.length} of ${total} that were ever rejected\n`)
  } finally {
    await source.close()
  }
}

function parseLimit(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('It is a number from 0 to 9999.')
  return Number(text)
}
