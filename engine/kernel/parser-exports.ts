/** The line parser, as the core exports it. */
export interface ParserExports {
  readonly memory: WebAssembly.Memory
  parserCreate(maxKeys: number, maxKeyBytes: number, seedLow: bigint, seedHigh: bigint): number
  parserText(): number
  parserBegin(parser: number, now: bigint, unit: bigint): void
  parserFeed(skew: number, bytes: number, isLast: number): void
  parserRun(): number
  parserTaken(): number
  parserRows(): number
  parserRejected(): number
  parserRejections(): number
  parserRejectLong(): void
  parserFullPage(): number
  parserNextPage(): number
  parserClearPage(): void
  parserFirstKey(): number
  parserKeyCount(): number
  parserNewKeys(): number
  parserDescribeKeys(index: number): number
  parserKeys(): number
  parserClearKeys(): void
  parserForgetKeys(): void
  parserForgetTable(parser: number, tableBytes: number): void
  parserNewTags(): number
  parserDescribeTag(index: number): number
  parserClearTags(): void
  parserDeclare(parser: number, tableBytes: number, nameBytes: number, type: number): number
}

/** Whether a module has a line parser. */
export function isParser(exports: object): exports is ParserExports {
  return 'parserCreate' in exports && 'memory' in exports
}
