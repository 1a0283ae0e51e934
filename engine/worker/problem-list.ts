export interface Problem {
  name: string
  reason: string
}

/** What went wrong and was not thrown to anybody, for the statistics; each once. */
export class ProblemList {
  readonly list: Problem[] = []

  add(name: string, reason: string): void {
    if (!this.list.some((known) => known.name === name && known.reason === reason)) this.list.push({ name, reason })
  }

  addError(name: string, error: unknown): void {
    this.add(name, error instanceof Error ? error.message : String(error))
  }
}
