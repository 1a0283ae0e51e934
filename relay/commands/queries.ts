import { type Command, InvalidArgumentError } from 'commander'
import { tokenOption, urlOption } from './options.ts'
import { endWithReader } from './output.ts'
import { RemoteSource } from './remote-source.ts'
import { printTable } from './table.ts'

interface RelayFlags {
  url: string
  token?: string
}

/** Adds `tidemark queries`. */
export function addQueriesCommand(program: Command): void {
  program
    .command('queries')
    .description('list the queries that a relay has now: their numbers, states, clients, and what they have read')
    .addOption(urlOption().makeOptionMandatory())
    .addOption(tokenOption())
    .action((flags: RelayFlags) => print('SHOW QUERIES', flags))
}

/** Adds `tidemark kill`. */
export function addKillCommand(program: Command): void {
  program
    .command('kill')
    .description('end a query of a relay')
    .argument('<id>', 'its number, which tidemark queries shows', parseId)
    .addOption(urlOption().makeOptionMandatory())
    .addOption(tokenOption())
    .action((id: number, flags: RelayFlags) => print(`KILL ${id}`, flags))
}

async function print(statement: string, { url, token }: RelayFlags): Promise<void> {
  endWithReader()
  const { columns, parts } = await new RemoteSource(url, token).rows(statement)
  const shown = []
  for await (const part of parts) shown.push(...part)
  process.stdout.write(printTable(columns, shown))
}

function parseId(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is the number of a query.')
  return Number(text)
}
