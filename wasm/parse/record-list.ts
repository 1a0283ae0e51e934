import { allocate } from '../memory/heap'
import { grown } from './dictionary'

/** Addresses of records in their order. */
@unmanaged
export class RecordList {
  items: usize
  capacity: u32
  count: u32
}

const FIRST_CAPACITY: u32 = 64

export function createList(): RecordList {
  const list = changetype<RecordList>(allocate(offsetof<RecordList>()))
  list.items = allocate(FIRST_CAPACITY << 2)
  list.capacity = FIRST_CAPACITY
  list.count = 0
  return list
}

export function appendRecord(list: RecordList, record: usize): void {
  if (list.count == list.capacity) {
    list.items = grown(list.items, list.capacity << 2, list.capacity << 3)
    list.capacity *= 2
  }
  store<u32>(list.items + (<usize>list.count << 2), <u32>record)
  list.count++
}

export function recordAt(list: RecordList, index: u32): usize {
  return <usize>load<u32>(list.items + (<usize>index << 2))
}
