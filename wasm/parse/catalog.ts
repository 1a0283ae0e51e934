import { allocate } from '../memory/heap'
import { EQUALS, SPACE, useSeed } from './bytes'
import { isNone, Name, NO_COLUMN, none, removeColumn, Table, TAG } from './page'
import { appendRecord, createList, RecordList } from './record-list'
import { fail, KEYS_FULL, MANY_COLUMNS, MANY_NAMES, MANY_TABLES } from './rejection'
import {
  addRecord, Arena, clearMap, createArena, createMap, findRecord, lookedUpHash, removeRecord, rewindArena, takeArena, TextMap,
  TextRecord,
} from './text-map'

// What one parser knows: tables, their tags and fields, series keys. A row adds to it at once, so that it can refer to
// what it has added, and takes everything back where it is rejected. Tables and names stay, and are limited; series keys
// are only remembered, and all forgotten together where they become too many.

/** Tags and fields of one table. */
export const TABLE_NAMES: u32 = 4096
export const PARSER_TABLES: u32 = 65536
/** Memory of the tables, tags and fields. */
const NAME_BYTES: u32 = 1 << 26
/** Keys are numbered from 0 again after this many: a number has 32 bits. */
const KEY_NUMBERS: u32 = 0x7fffffff

/** A series key as it is written: the table and tags up to the space, which follows `text`. */
@unmanaged
export class Key extends TextRecord {
  table: Table
  /** The key that followed this one last time. */
  next: Key
  number: u32
}

@unmanaged
export class Catalog {
  seedLow: u64
  seedHigh: u64
  keyArena: Arena
  nameArena: Arena
  keys: TextMap
  tables: TextMap
  names: TextMap
  /** Numbers that were given so far. Those of keys that are remembered begin at `firstKey`. */
  keyCount: u32
  tableCount: u32
  nameCount: u32
  firstKey: u32
  /** How many keys are remembered at most, and in how much memory. */
  keyLimit: u32
  keyBytes: u32
  /** Keys and tags that are new and not told yet. */
  newKeys: RecordList
  newTags: RecordList
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
let keyChunk: usize = 0
let keyAt: usize = 0
let nameChunk: usize = 0
let nameAt: usize = 0

export let catalog: Catalog = none<Catalog>()

export function useCatalog(used: usize): void {
  catalog = changetype<Catalog>(used)
  useSeed(catalog.seedLow, catalog.seedHigh)
}

export function createCatalog(keyLimit: u32, keyBytes: u32, seedLow: u64, seedHigh: u64): usize {
  const made = changetype<Catalog>(allocate(offsetof<Catalog>()))
  memory.fill(changetype<usize>(made), 0, offsetof<Catalog>())
  made.seedLow = seedLow
  made.seedHigh = seedHigh
  made.keyArena = createArena()
  made.nameArena = createArena()
  made.keys = createMap()
  made.tables = createMap()
  made.names = createMap()
  made.keyLimit = keyLimit
  made.keyBytes = keyBytes
  made.newKeys = createList()
  made.newTags = createList()
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

/** A record of zeros, followed by its text and a byte that ends it. */
function takeRecord(arena: Arena, bytes: usize, text: usize, textBytes: u32): usize {
  if (createdCount == 0) {
    keyChunk = catalog.keyArena.chunk
    keyAt = catalog.keyArena.at
    nameChunk = catalog.nameArena.chunk
    nameAt = catalog.nameArena.at
  }
  const address = takeArena(arena, bytes + textBytes + 1)
  memory.fill(address, 0, bytes)
  memory.copy(address + bytes, text, textBytes)
  const record = changetype<TextRecord>(address)
  record.text = address + bytes
  record.bytes = textBytes
  record.hash = lookedUpHash
  return address
}

function noteCreated(record: usize, kind: usize): void {
  store<u32>(created + (<usize>createdCount << 2), <u32>(record | kind))
  createdCount++
}

export function findKey(text: usize, bytes: u32): Key {
  return changetype<Key>(findRecord(catalog.keys, 0, text, bytes))
}

/** Adds the key that `findKey` has not found; returns none where all others have to be forgotten first. */
export function createKey(table: Table, text: usize, bytes: u32, hash: u32): Key {
  const keys = catalog.keys
  const keyArena = catalog.keyArena
  if (keys.count > 0 && (keys.count >= catalog.keyLimit || keyArena.bytes > catalog.keyBytes)) {
    fail(KEYS_FULL, text)
    return none<Key>()
  }
  const key = changetype<Key>(takeRecord(keyArena, offsetof<Key>(), text, bytes))
  noteCreated(changetype<usize>(key), KEY_KIND)
  store<u8>(key.text + bytes, SPACE)
  key.hash = hash
  key.table = table
  key.number = catalog.keyCount
  addRecord(keys, key)
  return key
}

/** Forgets all keys. Whoever holds one has to let it go; new ones that were not told yet never will be. */
export function forgetKeys(): void {
  rewindArena(catalog.keyArena, 0, 0)
  clearMap(catalog.keys)
  catalog.newKeys.count = 0
  if (catalog.keyCount > KEY_NUMBERS) catalog.keyCount = 0
  catalog.firstKey = catalog.keyCount
}

/** Whether no further number may be given before `forgetKeys`. */
export function hasSpentNumbers(): bool {
  return catalog.keyCount > KEY_NUMBERS
}

/** The table of a name as it is written, made where there is none; none where there are too many. */
export function tableOf(text: usize, bytes: u32): Table {
  const found = findRecord(catalog.tables, 0, text, bytes)
  if (found != 0) return changetype<Table>(found)
  if (catalog.tables.count >= PARSER_TABLES || catalog.nameArena.bytes > NAME_BYTES) {
    fail(MANY_TABLES, text)
    return none<Table>()
  }
  const table = changetype<Table>(takeRecord(catalog.nameArena, offsetof<Table>(), text, bytes))
  noteCreated(changetype<usize>(table), TABLE_KIND)
  table.number = catalog.tableCount
  addRecord(catalog.tables, table)
  return table
}

/** Forgets a table; no key may be remembered. Its tags and fields, which nothing leads to any more, stay in the arena. */
export function forgetTable(text: usize, bytes: u32): void {
  const found = findRecord(catalog.tables, 0, text, bytes)
  if (found != 0) removeRecord(catalog.tables, changetype<Table>(found))
}

/** A tag or field of a table, made for the role where there is none; none where there are too many. */
export function nameOf(table: Table, text: usize, bytes: u32, role: u32): Name {
  const found = findRecord(catalog.names, changetype<usize>(table), text, bytes)
  if (found != 0) return changetype<Name>(found)
  const isFull = catalog.nameArena.bytes > NAME_BYTES
  if (isFull || table.names >= TABLE_NAMES) {
    fail(isFull ? MANY_COLUMNS : MANY_NAMES, text)
    return none<Name>()
  }
  const name = changetype<Name>(takeRecord(catalog.nameArena, offsetof<Name>(), text, bytes))
  noteCreated(changetype<usize>(name), NAME_KIND)
  store<u8>(name.text + bytes, EQUALS)
  name.owner = changetype<usize>(table)
  name.role = role
  name.otherBytes = bytes >= 15 ? 0 : 0xffff & (<u32>-2 << bytes)
  name.filled = NO_COLUMN
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
    if (filled == NO_COLUMN) removeColumn(table)
    else name.filled = filled
  }
  if (!isNone(table)) {
    for (let name = table.column; !isNone(name); name = name.nextColumn) name.filled = min(name.filled, table.rows)
  }
  if (createdCount == 0) return
  while (createdCount > 0) {
    createdCount--
    const entry = <usize>load<u32>(created + (<usize>createdCount << 2))
    removeCreated(entry & ~KIND_MASK, entry & KIND_MASK)
  }
  rewindArena(catalog.keyArena, keyChunk, keyAt)
  rewindArena(catalog.nameArena, nameChunk, nameAt)
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
    if (kind == KEY_KIND) {
      appendRecord(catalog.newKeys, record)
      catalog.keyCount++
    } else if (kind == TABLE_KIND) catalog.tableCount++
    else keepName(changetype<Name>(record))
  }
}

function keepName(name: Name): void {
  name.kept = true
  name.number = catalog.nameCount++
  if (name.role == TAG) appendRecord(catalog.newTags, changetype<usize>(name))
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
