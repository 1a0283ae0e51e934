import { Command } from 'commander'
import { TidemarkError } from '../engine/core/errors.ts'
import { addExportCommand } from './commands/export.ts'
import { addImportCommand } from './commands/import.ts'
import { addQueryCommand } from './commands/query.ts'
import { addServeCommand } from './commands/serve.ts'
import { VERSION } from './package-version.ts'

/** Runs one command. What goes wrong is a sentence on standard error and an exit code other than 0. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const program = new Command('tidemark')
    .description('A time-series analytics engine: store, query and watch data where it is')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(--help tells more)')
  addServeCommand(program)
  addQueryCommand(program)
  addImportCommand(program)
  addExportCommand(program)
  // Whoever reads our output may stop early, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
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
