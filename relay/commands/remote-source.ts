import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type ErrorKind, fromPlainError, TidemarkError } from '../../engine/core/errors.ts'
import type { Catalog } from '../../engine/core/plan.ts'
import type { ColumnRows } from '../../engine/core/rows.ts'
import type { AppendResult, BackupOptions, DeleteOptions, Precision, StoreStatistics } from '../../engine/engine.ts'
import { catalogSchema, columnsSchema, errorSchema, scalarSchema, statisticsSchema } from '../api-schemas.ts'
import type { JsonValue } from '../json-rows.ts'
import { printRows } from '../protocols/row-lines.ts'
import type { AdminTask } from '../routes/admin.ts'
import { type RejectedAnswer, rejectedSchema } from '../routes/rejected.ts'
import type { LiveReader } from './live-answer.ts'
import { subscribeRemotely } from './remote-live.ts'
import { RemoteWrites } from './remote-writes.ts'
import type { AnswerRows, QueryTime, Source } from './source.ts'

/** Characters of one row of an answer; a longer line is not an answer of a relay. */
const MAX_ROW_CHARACTERS = 64 * 1024 * 1024

/** A relay over HTTP. */
export class RemoteSource implements Source {
  readonly #url: string
  readonly #headers: Record<string, string>
  readonly #writes = new RemoteWrites((path, init) => this.#fetch(path, init), `tidemark-${randomUUID()}`)

  /** `url` is the relay's address, as `http://127.0.0.1:8086`. */
  constructor(url: string, token: string | undefined) {
    if (!URL.canParse(url) || !/^https?:/.test(url)) {
      throw new TidemarkError('invalid', `'${url}' is not the address of a relay; it looks like http://127.0.0.1:8086`)
    }
    this.#url = url.replace(/\/+$/, '')
    this.#headers = token === undefined ? {} : { Authorization: `Token ${token}` }
  }

  async rows(text: string, time: QueryTime = {}): Promise<AnswerRows> {
    return readAnswer(linesOf(await this.bytes(text, 'application/json', time)))
  }

  async bytes(text: string, mediaType: string, { timeoutMs }: QueryTime = {}): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#fetch('/api/query', {
      method: 'POST',
      headers: { Accept: mediaType, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: text, ...(timeoutMs !== undefined && { timeout: `${timeoutMs}ms` }) }),
    })
    if (!response.ok || response.body === null) throw await failure(response)
    return response.body
  }

  live(text: string, reader: LiveReader): () => void {
    return subscribeRemotely(text, { url: this.#url, headers: this.#headers }, reader)
  }

  async catalog(): Promise<Catalog> {
    const response = await this.#fetch('/api/catalog', {})
    if (!response.ok) throw await failure(response)
    return catalogSchema.parse(await response.json())
  }

  append(lines: Uint8Array, precision: Precision): Promise<AppendResult> {
    return this.#writes.append(lines, precision, failure)
  }

  appendRows(rows: ColumnRows): Promise<AppendResult> {
    return this.append(new TextEncoder().encode(printRows(rows)), 'ns')
  }

  async delete({ start, end, ...options }: DeleteOptions): Promise<void> {
    const times = {
      ...(start !== undefined && { start: String(start) }),
      ...(end !== undefined && { end: String(end) }),
    }
    const response = await this.#fetch('/api/delete', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...options, ...times }),
    })
    if (!response.ok) throw await failure(response)
  }

  async rejected(): Promise<RejectedAnswer> {
    const response = await this.#fetch('/api/rejected', {})
    if (!response.ok) throw await failure(response)
    return rejectedSchema.parse(await response.json())
  }

  async backup({ cold = 'reference' }: BackupOptions): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#fetch(`/api/admin/backup?cold=${cold}`, {})
    if (!response.ok || response.body === null) throw await failure(response)
    return response.body
  }

  async statistics(): Promise<StoreStatistics> {
    const response = await this.#fetch('/api/statistics', {})
    if (!response.ok) throw await failure(response)
    return statisticsSchema.parse(await response.json())
  }

  async reorganise(task: AdminTask): Promise<StoreStatistics> {
    for (;;) {
      const response = await this.#fetch(`/api/admin/${task}`, { method: 'POST' })
      if (!response.ok) throw await failure(response)
      if (response.status === 200) return statisticsSchema.parse(await response.json())
    }
  }

  async close(): Promise<void> {
    // There is nothing to close: each request was whole.
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(this.#url + path, { ...init, headers: { ...this.#headers, ...init.headers } })
    } catch (cause) {
      throw new TidemarkError('io', `no relay answers at ${this.#url}`, {
        cause,
        hint: 'Is it running? tidemark serve starts one.',
      })
    }
  }
}

async function failure(response: Response): Promise<TidemarkError> {
  const text = await response.text()
  const content = parseJson(text)
  const ours = errorSchema.safeParse(content)
  if (ours.success) return fromPlainError(ours.data.error)
  const influx = z.object({ message: z.string() }).safeParse(content)
  const message = influx.success ? influx.data.message : text.slice(0, 200)
  const kind: ErrorKind = response.status === 401 || response.status === 403 ? 'auth' : 'io'
  return new TidemarkError(kind, `the relay answered ${response.status}: ${message}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_ROW_CHARACTERS) throw damaged()
    if (lines.length > 0) yield lines
  }
  if (rest !== '') yield [rest]
}

function damaged(): TidemarkError {
  return new TidemarkError('corrupt', 'what answers is not a relay of this version')
}

/** A JSON answer as relays write it: columns on the first line, then a line a row, then what ends it. */
async function readAnswer(lines: AsyncGenerator<string[]>): Promise<AnswerRows> {
  const first = await lines.next()
  const [head = '', ...rest] = first.done ? [] : first.value
  const parsed = z.object({ columns: columnsSchema }).safeParse(parseJson(`${head}]}`))
  if (!parsed.success) throw damaged()
  const { columns } = parsed.data
  async function* parts(): AsyncGenerator<JsonValue[][]> {
    let ended = false
    try {
      for (let part = rest; ; ) {
        ended ||= part.some((line) => line.startsWith(']'))
        yield part.filter((line) => !line.startsWith(']')).map((line) => parseRow(line, columns.length))
        const next = await lines.next()
        if (next.done) break
        part = next.value
      }
    } finally {
      await lines.return(undefined)
    }
    if (!ended) throw new TidemarkError('truncated', 'the answer ends early; the relay may say why in its log')
  }
  return { columns, parts: parts() }
}

const rowSchema = z.array(scalarSchema)

function parseRow(line: string, cells: number): JsonValue[] {
  const row = rowSchema.safeParse(parseJson(line.endsWith(',') ? line.slice(0, -1) : line))
  if (!row.success || row.data.length !== cells) throw damaged()
  return row.data
}
