import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { Matcher } from '../../engine/engine.ts'
import { timeOf } from '../routes/delete.ts'
import { placeOptions } from './cold-tier.ts'
import { dataOption, tokenOption, urlOption } from './options.ts'
import { openSource, type SourceFlags } from './source.ts'

interface DeleteFlags extends SourceFlags {
  match: Matcher[]
  start?: bigint
  end?: bigint
  all?: true
}

/** Adds `tidemark delete`. */
export function addDeleteCommand(program: Command): void {
  const command = program
    .command('delete')
    .description('delete rows of a table, by range of time and tags; what is written later stays')
    .argument('<table>', 'the table')
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(tokenOption())
    .addOption(
      new Option('--match <test>', 'only series with host=a, host!=a, host=~a.* or host!~a.*; may be repeated')
        .argParser((text: string, all: Matcher[]) => [...all, parseMatcher(text)])
        .default([], 'all series'),
    )
    .addOption(new Option('--start <time>', 'first time, RFC 3339 or nanoseconds').argParser(parseTime('--start')))
    .addOption(new Option('--end <time>', 'time after the last one').argParser(parseTime('--end')))
    .option('--all', 'really every row of the table, where neither a test nor a time is given')
    .action(runDelete)
  for (const option of placeOptions('where the cold rows of the folder are')) command.addOption(option)
}

async function runDelete(table: string, { match, start, end, all, ...where }: DeleteFlags): Promise<void> {
  if (match.length === 0 && start === undefined && end === undefined && !all) {
    const message = `this deletes every row of '${table}': say --all, or which with --match, --start and --end`
    throw new TidemarkError('invalid', message)
  }
  const source = await openSource(where, { create: false })
  try {
    await source.delete({
      table,
      matchers: match,
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
    })
    process.stdout.write('deleted; the disk is free of it after the next compaction (tidemark compact)\n')
  } finally {
    await source.close()
  }
}

function parseMatcher(text: string): Matcher {
  const [, tag, op, value] = /^([^=!~]+)(=~|!~|!=|=)(.*)$/s.exec(text) ?? []
  if (tag === undefined || value === undefined) throw new InvalidArgumentError('It looks like host=a or host=~a.*.')
  return { tag, op: op as '=' | '!=' | '=~' | '!~', value } // what the pattern allows
}

function parseTime(name: string): (text: string) => bigint {
  return (text) => {
    try {
      return timeOf(text, name)
    } catch (error) {
      if (error instanceof TidemarkError) throw new InvalidArgumentError(error.message)
      throw error
    }
  }
}
