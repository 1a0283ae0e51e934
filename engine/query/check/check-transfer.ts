import { FILE_FORMATS, type FilePrecision, type FileRequest } from '../../core/file-access.ts'
import type { NameSyntax } from '../parse/syntax.ts'
import type { ExportStatement, ImportStatement } from '../parse/transfer-syntax.ts'
import { fieldOf } from './check-table.ts'
import type { CheckedExport, CheckedImport } from './checked.ts'
import { EXPORT_FORMATS, type ExportFormat } from './export-format.ts'
import { requireWritable } from './named-view.ts'
import { queryError, unknownName } from './query-error.ts'
import type { Environment } from './scope.ts'

const PRECISIONS: readonly FilePrecision[] = ['ns', 'us', 'ms', 's']

export function checkExport(statement: ExportStatement, environment: Environment): CheckedExport {
  const { kind, range, query, file } = statement
  const relation = environment.checkQuery(query, environment)
  return { kind, range, relation, usesNow: environment.uses.now, path: file.text, format: formatOf(statement) }
}

function formatOf({ file, format }: ExportStatement): ExportFormat {
  const names = [...EXPORT_FORMATS.keys()]
  const named = EXPORT_FORMATS.get((format?.name ?? /\.([A-Za-z]+)$/.exec(file.text)?.[1] ?? '').toLowerCase())
  if (named !== undefined) return named
  if (format) throw unknownName(format.range, { what: 'format', wrong: format.name }, names)
  throw queryError(
    file.range,
    `the end of '${file.text}' tells no format; expected ${names.map((name) => `.${name}`).join(', ')}`,
    {
      hint: 'FORMAT says it for any name: FORMAT csv.',
    },
  )
}

export function checkImport(statement: ImportStatement, { catalog }: Environment): CheckedImport {
  const { kind, range, file, table, format, time, tags, ignore, fields, precision } = statement
  if (table) requireWritable(catalog, table)
  const request: FileRequest = {
    path: file.text,
    tags: tags.map(({ name }) => name),
    ignore: ignore.map(({ name }) => name),
    fields: fields.map((field) => {
      const { name, type } = fieldOf(field)
      return { name, type }
    }),
    precision: precision ? oneOf(precision, 'precision', PRECISIONS) : 'ns',
    ...(table && { table: table.name }),
    ...(format && { format: oneOf(format, 'format', FILE_FORMATS) }),
    ...(time && { time: time.name }),
  }
  return { kind, range, request }
}

function oneOf<T extends string>({ name, range }: NameSyntax, what: string, names: readonly T[]): T {
  const found = names.find((each) => each === name.toLowerCase())
  if (found === undefined) throw unknownName(range, { what, wrong: name }, names)
  return found
}
