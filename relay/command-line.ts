import { Command } from 'commander'
import { TidemarkError } from '../engine/core/errors.ts'
import { VERSION } from './package-version.ts'

/** Adds each command to a program, in the order of the help. A command loads much that the others do not need. */
const COMMANDS: ReadonlyMap<string, () => Promise<(program: Command) => void>> = new Map([
  ['serve', async () => (await import('./commands/serve.ts')).addServeCommand],
  ['query', async () => (await import('./commands/query.ts')).addQueryCommand],
  ['queries', async () => (await import('./commands/queries.ts')).addQueriesCommand],
  ['kill', async () => (await import('./commands/queries.ts')).addKillCommand],
  ['import', async () => (await import('./commands/import.ts')).addImportCommand],
  ['export', async () => (await import('./commands/export.ts')).addExportCommand],
  ['delete', async () => (await import('./commands/delete.ts')).addDeleteCommand],
  ['rejected', async () => (await import('./commands/rejected.ts')).addRejectedCommand],
  ['flush', async () => (await import('./commands/compact.ts')).addFlushCommand],
  ['compact', async () => (await import('./commands/compact.ts')).addCompactCommand],
  ['inspect', async () => (await import('./commands/inspect.ts')).addInspectCommand],
  ['backup', async () => (await import('./commands/backup.ts')).addBackupCommand],
  ['restore', async () => (await import('./commands/restore.ts')).addRestoreCommand],
])

/** Runs one command. What goes wrong is a sentence on standard error and an exit code other than 0. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const program = new Command('tidemark')
    .description('A time-series analytics engine: store, query and watch data where it is')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(--help tells more)')
  const asked = COMMANDS.get(argv[2] ?? '')
  const isVersion = argv[2] === '--version' || argv[2] === '-V'
  for (const load of asked ? [asked] : isVersion ? [] : COMMANDS.values()) {
    const add = await load()
    add(program)
  }
  try {
    await program.parseAsync(argv)
  } catch (error) {
    process.stderr.write(`tidemark: ${describe(error)}\n`)
    process.exit(1)
  }
}

function describe(error: unknown): string {
  if (error instanceof TidemarkError)
    return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
