import { allocate, release } from '../memory/heap'
import { EQUALS } from './bytes'
import { isNone, Name, none, removeColumn, Table } from './page'
import { fail, MANY_KEYS, MANY_NAMES, MANY_TABLES } from './rejection'
import {
  addRecord, Arena, createArena, createMap, findRecord, lookedUpHash, removeRecord, rewindArena, takeArena, TextMap, TextRecord,
} from './text-map'

// What one parser knows: tables, their tags and fields, series keys. A row adds to it at once, so that it can refer to
// what it has added, and takes everything back where it is rejected.

/** Tags and fields of one table. */
export const TABLE_NAMES: u32 = 4096
export const PARSER_TABLES: u32 = 65536
/** Bytes of keys and names; about 4 million series of 200 bytes. */
const ARENA_BYTES: u32 = 1 << 30

/** A series key as it is written: the table and tags up to the space. */
@unmanaged
export class Key extends TextRecord {
  table: Table
  /** The key that followed this one last time. */
  next: Key
  number: u32
}

@unmanaged
export class Catalog {
  arena: Arena
  keys: TextMap
  tables: TextMap
  names: TextMap
  /** Keys with at least one row are numbered 0 to here; so are tables and names. */
  keyCount: u32
  tableCount: u32
  nameCount: u32
  keyLimit: u32
  /** Keys that are new in this call, by number. */
  newKeys: usize
  newKeyCapacity: u32
  firstNewKey: u32
  activeTables: Table
  lastActive: Table
}

const KEY_KIND: usize = 0
const TABLE_KIND: usize = 1
const NAME_KIND: usize = 2
const KIND_MASK: usize = 3

/** What the current row has added: addresses with the kind in the lowest bits. At most all names, a table and a key. */
const created: usize = memory.data((4096 + 2) * 4, 16)
let createdCount: u32 = 0
/** Columns that the current row has moved over a gap or begun, with their length before: pairs of words. */
const moved: usize = memory.data(4096 * 8, 16)
let movedCount: u32 = 0
let markChunk: usize = 0
let markAt: usize = 0

export let catalog: Catalog = none<Catalog>()

export function useCatalog(used: usize): void {
  catalog = changetype<Catalog>(used)
}

export function createCatalog(keyLimit: u32): usize {
  const made = changetype<Catalog>(allocate(offsetof<Catalog>()))
  memory.fill(changetype<usize>(made), 0, offsetof<Catalog>())
  made.arena = createArena()
  made.keys = createMap()
  made.tables = createMap()
  made.names = createMap()
  made.keyLimit = keyLimit
  return changetype<usize>(made)
}

/** Remembers where to return to if the row that begins now is rejected. */
// @ts-ignore: decorator
@inline
export function beginRow(): void {
  createdCount = 0
  movedCount = 0
}

// @ts-ignore: decorator
@inline
export function hasCreated(): bool {
  return createdCount != 0
}

function noteCreated(record: usize, kind: usize): void {
  store<u32>(created + (<usize>createdCount << 2), <u32>(record | kind))
  createdCount++
}

function takeRecord(bytes: usize): usize {
  if (createdCount == 0) {
    markChunk = catalog.arena.chunk
    markAt = catalog.arena.at
  }
  const record = takeArena(catalog.arena, bytes)
  memory.fill(record, 0, bytes)
  return record
}

function describe(record: TextRecord, owner: usize, text: usize, bytes: u32): void {
  const copy = takeArena(catalog.arena, bytes + 1)
  memory.copy(copy, text, bytes)
  store<u8>(copy + bytes, EQUALS)
  record.text = copy
  record.bytes = bytes
  record.hash = lookedUpHash
  record.owner = owner
}

export function findKey(text: usize, bytes: u32): Key {
  return changetype<Key>(findRecord(catalog.keys, 0, text, bytes))
}

/** Adds the key that `findKey` has just not found; returns none where there are too many. */
export function createKey(table: Table, text: usize, bytes: u32, hash: u32): Key {
  if (catalog.keyCount >= catalog.keyLimit || catalog.arena.bytes > ARENA_BYTES) {
    fail(MANY_KEYS, text)
    return none<Key>()
  }
  const key = changetype<Key>(takeRecord(offsetof<Key>()))
  noteCreated(changetype<usize>(key), KEY_KIND)
  describe(key, 0, text, bytes)
  key.hash = hash
  key.table = table
  key.number = catalog.keyCount
  addRecord(catalog.keys, key)
  return key
}

/** The table of a name as it is written, made where there is none; none where there are too many. */
export function tableOf(text: usize, bytes: u32): Table {
  const found = findRecord(catalog.tables, 0, text, bytes)
  if (found != 0) return changetype<Table>(found)
  if (catalog.tables.count >= PARSER_TABLES) {
    fail(MANY_TABLES, text)
    return none<Table>()
  }
  const table = changetype<Table>(takeRecord(offsetof<Table>()))
  noteCreated(changetype<usize>(table), TABLE_KIND)
  describe(table, 0, text, bytes)
  table.number = catalog.tableCount
  addRecord(catalog.tables, table)
  return table
}

/** A tag or field of a table, made for the role where there is none; none where there are too many. */
export function nameOf(table: Table, text: usize, bytes: u32, role: u32): Name {
  const found = findRecord(catalog.names, changetype<usize>(table), text, bytes)
  if (found != 0) return changetype<Name>(found)
  if (table.names >= TABLE_NAMES) {
    fail(MANY_NAMES, text)
    return none<Name>()
  }
  const name = changetype<Name>(takeRecord(offsetof<Name>()))
  noteCreated(changetype<usize>(name), NAME_KIND)
  describe(name, changetype<usize>(table), text, bytes)
  name.role = role
  table.names++
  addRecord(catalog.names, name)
  return name
}

/** A column of the row that is not as long as the page: begins it, or leaves the rows between missing. */
export function noteMoved(name: Name): void {
  const entry = moved + (<usize>movedCount << 3)
  store<u32>(entry, <u32>changetype<usize>(name))
  store<u32>(entry, name.filled, 4)
  movedCount++
}

/** Takes back everything that the current row has added. */
export function undoRow(table: Table): void {
  while (movedCount > 0) {
    movedCount--
    const entry = moved + (<usize>movedCount << 3)
    const name = changetype<Name>(<usize>load<u32>(entry))
    const filled = load<u32>(entry, 4)
    if (filled == 0) removeColumn(table)
    else name.filled = filled
  }
  if (!isNone(table)) {
    for (let name = table.column; !isNone(name); name = name.nextColumn) name.filled = min(name.filled, table.rows)
  }
  const any = createdCount > 0
  while (createdCount > 0) {
    createdCount--
    const entry = <usize>load<u32>(created + (<usize>createdCount << 2))
    removeCreated(entry & ~KIND_MASK, entry & KIND_MASK)
  }
  if (any) rewindArena(catalog.arena, markChunk, markAt)
}

function removeCreated(record: usize, kind: usize): void {
  if (kind == KEY_KIND) removeRecord(catalog.keys, changetype<Key>(record))
  else if (kind == TABLE_KIND) removeRecord(catalog.tables, changetype<Table>(record))
  else {
    const name = changetype<Name>(record)
    changetype<Table>(name.owner).names--
    removeRecord(catalog.names, name)
  }
}

/** Keeps everything that the current row has added. */
export function keepRow(): void {
  for (let i: u32 = 0; i < createdCount; i++) {
    const entry = <usize>load<u32>(created + (<usize>i << 2))
    const record = entry & ~KIND_MASK
    const kind = entry & KIND_MASK
    if (kind == KEY_KIND) appendNewKey(changetype<Key>(record))
    else if (kind == TABLE_KIND) catalog.tableCount++
    else keepName(changetype<Name>(record))
  }
}

function keepName(name: Name): void {
  name.kept = true
  name.number = catalog.nameCount++
}

/** Remembers that the table has rows in this call. */
export function activate(table: Table): void {
  if (table.active) return
  table.active = true
  table.nextActive = none<Table>()
  if (isNone(catalog.activeTables)) catalog.activeTables = table
  else catalog.lastActive.nextActive = table
  catalog.lastActive = table
}

function appendNewKey(key: Key): void {
  catalog.keyCount++
  const count = catalog.keyCount - catalog.firstNewKey
  if (count > catalog.newKeyCapacity) {
    const capacity = max<u32>(64, catalog.newKeyCapacity * 2)
    const keys = allocate(<usize>capacity << 2)
    if (catalog.newKeyCapacity != 0) {
      memory.copy(keys, catalog.newKeys, <usize>catalog.newKeyCapacity << 2)
      release(catalog.newKeys, <usize>catalog.newKeyCapacity << 2)
    }
    catalog.newKeys = keys
    catalog.newKeyCapacity = capacity
  }
  store<u32>(catalog.newKeys + (<usize>(count - 1) << 2), <u32>changetype<usize>(key))
}
