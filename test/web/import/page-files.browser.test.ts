import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectRows, type Engine, openEngine, valueAt } from '../../../engine/engine.ts'
import { pageFiles } from '../../../web/import/page-files.ts'

let engine: Engine
let picked: File | undefined
let saved: File | undefined
const files = pageFiles(
  async () => picked,
  (file) => {
    saved = file
  },
)

beforeEach(async () => {
  engine = await openEngine({ store: { kind: 'memory' }, workers: 0 })
  picked = undefined
  saved = undefined
})
afterEach(() => engine.close())

async function run(text: string): Promise<unknown[][]> {
  const { columns, rows } = await collectRows(await engine.query(text, { files }))
  return Array.from({ length: rows }, (_, row) => columns.map((column) => valueAt(column, row)))
}

async function fill(): Promise<void> {
  const lines = Array.from({ length: 500 }, (_, i) => `t,host=h${i % 3} x=${i}.5,n=${i}i ${i + 1}`)
  await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
}

test.each(['parquet', 'arrow', 'csv'])(
  'an answer is saved as %s, and a file of it that is picked is read',
  async (format) => {
    await fill()
    expect(await run(`EXPORT (SELECT * FROM t) TO 'some/answer.${format}'`)).toEqual([[`some/answer.${format}`, 500n]])
    expect(saved?.name).toBe(`answer.${format}`)
    picked = saved
    expect(await run(`IMPORT FROM 'whatever' INTO u TAGS (host) FIELDS (x f64, n i64)`)).toEqual([[500n, 0n, null]])
    expect(await run('SELECT * FROM u ORDER BY time')).toEqual(await run('SELECT * FROM t ORDER BY time'))
  },
)

test('line protocol that is picked is read, and its rejected rows are told', async () => {
  picked = new File(['t,host=a x=1 5\nt,host=a x=oh 6\n'], 'lines.lp')
  const [row] = await run("IMPORT FROM 'lines' PRECISION s")
  expect(row?.slice(0, 2)).toEqual([1n, 1n])
  expect(await run('SELECT time::i64 FROM t')).toEqual([[5_000_000_000n]])
})

test('where no file is picked that is said', async () => {
  await expect(run("IMPORT FROM 'a.csv'")).rejects.toMatchObject({ kind: 'cancelled', message: 'no file was picked' })
})
