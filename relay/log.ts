/** Where the relay says what an operator should know, a line at a time. */
export interface Log {
  info(line: string): void
  warn(line: string): void
}

/** Information to standard output, warnings to standard error, without decoration: whoever runs the relay adds the time. */
export const consoleLog: Log = {
  info: (line) => {
    process.stdout.write(`${line}\n`)
  },
  warn: (line) => {
    process.stderr.write(`${line}\n`)
  },
}
