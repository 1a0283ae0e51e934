import type { Command } from 'commander'
export function addImportCommand(program: Command): void {
  program.command('import')
}
