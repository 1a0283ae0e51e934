import type { FieldType } from '../core/batch.ts'
import type { FieldDefinition, TableDefinition } from '../core/definition.ts'
import { TidemarkError } from '../core/errors.ts'
import type { RollupRule } from '../core/rollup.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { count, entries, list, record, text } from './json-shape.ts'
import { RECORD_VERSION } from './record.ts'

/** What statements have defined. */
export interface Definitions {
  tables: ReadonlyMap<string, TableDefinition>
  /** By name: JSON that only who runs views reads. */
  views: ReadonlyMap<string, string>
}

/** A record of the log: what is defined under a name from here on; absent where the name is free again. */
export type DefinitionRecord =
  | { kind: 'table'; name: string; definition?: TableDefinition }
  | { kind: 'view'; name: string; definition?: string }

/** UTF-16 code units of all definitions together: every manifest has them. */
export const MAX_DEFINITIONS_LENGTH: number = 16 << 20

/** A record of this kind is a definition. */
export const DEFINITION_RECORD = 4
const KINDS: readonly DefinitionRecord['kind'][] = ['table', 'view']
export const FIELD_TYPES: readonly FieldType[] = ['f64', 'i64', 'bool', 'string']

export const noDefinitions: Definitions = { tables: new Map(), views: new Map() }

/** The record of a definition in the log; `FORMAT.md` draws it. */
export function encodeDefinition(defined: DefinitionRecord): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter()
  out.u8(RECORD_VERSION)
  out.u8(DEFINITION_RECORD)
  out.u8(KINDS.indexOf(defined.kind))
  out.text(defined.name)
  out.text(definitionText(defined))
  return out.finish()
}

/** A definition as text; `''` where there is none. */
export function definitionText({ kind, definition }: DefinitionRecord): string {
  if (definition === undefined) return ''
  return kind === 'table' ? JSON.stringify(definition) : definition
}

/** Whether a record is a definition. */
export function isDefinitionRecord(bytes: Uint8Array): boolean {
  return bytes[1] === DEFINITION_RECORD
}

/** Reads the record of a definition. Throws `corrupt` or `truncated` where it is none. */
export function decodeDefinition(bytes: Uint8Array): DefinitionRecord {
  const reader = new ByteReader(bytes, 'log record of a definition')
  if (reader.u8() !== RECORD_VERSION || reader.u8() !== DEFINITION_RECORD) throw reader.corrupt('it is none')
  const kind = KINDS[reader.u8()]
  const name = reader.text()
  const defined = reader.text()
  reader.end()
  if (kind === undefined) throw reader.corrupt('what it defines is not known')
  if (defined === '') return { kind, name }
  try {
    if (kind === 'view') return { kind, name, definition: checkView(defined) }
    return { kind, name, definition: checkTableDefinition(JSON.parse(defined)) }
  } catch (error) {
    if (error instanceof TidemarkError) throw error
    throw reader.corrupt(`the definition of ${kind} '${name}' is none`, error)
  }
}

/** Definitions out of a manifest. Throws where they are none. */
export function checkDefinitions(value: unknown): Definitions {
  const { tables, views } = record(value, 'definitions')
  return {
    tables: entries(tables, 'definitions of tables', checkTableDefinition),
    views: entries(views, 'views', checkView),
  }
}

/** Opaque, but JSON: what cannot even be parsed is damage. */
function checkView(value: unknown): string {
  const definition = text(value, 'view')
  JSON.parse(definition)
  return definition
}

function checkTableDefinition(value: unknown): TableDefinition {
  const { tags, fields, retentionMs, rollups } = record(value, 'definition of a table')
  return {
    tags: list(tags, 'tags').map((tag) => text(tag, 'tag')),
    fields: list(fields, 'fields').map(checkField),
    ...(retentionMs !== undefined && { retentionMs: count(retentionMs, 'retentionMs') }),
    rollups: list(rollups, 'rollups').map(checkRollup),
  }
}

function checkField(value: unknown): FieldDefinition {
  const { name, type, unit } = record(value, 'field')
  const known = FIELD_TYPES.find((each) => each === type)
  if (known === undefined) throw new Error(`a field has the type '${type}'`)
  return { name: text(name, 'name'), type: known, ...(unit !== undefined && { unit: text(unit, 'unit') }) }
}

function checkRollup(value: unknown): RollupRule {
  const { everyMs, keepMs } = record(value, 'rollup')
  const rule = { everyMs: count(everyMs, 'everyMs'), ...(keepMs !== undefined && { keepMs: count(keepMs, 'keepMs') }) }
  if (rule.everyMs === 0) throw new Error('a rollup has no width')
  return rule
}
