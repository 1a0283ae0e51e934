/** What the core exports for an index; wasm/index. */
export interface IndexExports {
  indexCreate(): void
  indexSize(): number
  indexRefLimit(): number
  indexBytes(part: number): number
  indexDesk(bytes: number): number
  indexRegister(count: number): number
  indexFind(count: number): void
  indexIntern(count: number): number
  indexRegisterSymbols(count: number): number
  indexFindText(bytes: number): number
  indexText(symbol: number): number
  indexTextBytes(): number
  indexOpen(ref: number): number
  indexDescribe(count: number): number
  indexTexts(count: number): number
  indexKey(ref: number): number
  indexShards(count: number): void
  indexCodes(count: number, column: number): void
  indexSort(count: number, mode: number): void
  indexTableCount(): number
  indexFindTable(symbol: number): number
  indexTableSymbol(table: number): number
  indexTableRows(table: number): number
  indexColumns(table: number): number
  indexCode(column: number, symbol: number): number
  indexCount(column: number, count: number): number
  indexPick(column: number, count: number): number
  indexPickTable(table: number): number
  indexValues(column: number, from: number, to: number, bytes: number, isPrefix: number): number
  indexNarrow(column: number, refs: number, codes: number, isKept: number): number
  indexValuesOf(column: number, codes: number, bytes: number, isPrefix: number): number
  indexHashes(count: number): void
  indexRefsWithout(from: number, end: number): number
  indexUnlink(count: number): number
  indexFree(count: number): void
  indexSweep(refs: number): number
  indexImageStart(): number
  indexSaveImage(): number
  indexImageRoom(bytes: number): number
  indexLoadImage(bytes: number): void
}

export function isIndex(exports: object): exports is IndexExports {
  return 'indexCreate' in exports
}
