import { give, take } from './space'

const CHUNK_SHIFT: u32 = 12
const CHUNK: u32 = 4096
const FIRST: u32 = 4

/** A list of words that grows by pieces of 4096; only the first piece is ever copied. */
@unmanaged
export class WordList {
  chunks: usize
  /** Chunks that `chunks` has room for. */
  room: u32
  length: u32
  part: u32
}

export function newList(part: u32): WordList {
  const list = changetype<WordList>(take(offsetof<WordList>(), part))
  list.chunks = take(FIRST << 2, part)
  list.room = FIRST
  list.length = 0
  list.part = part
  return list
}

// @ts-ignore: decorator
@inline
export function placeOfWord(list: WordList, i: u32): usize {
  return <usize>load<u32>(list.chunks + (<usize>(i >> CHUNK_SHIFT) << 2)) + (<usize>(i & (CHUNK - 1)) << 2)
}

// @ts-ignore: decorator
@inline
export function wordAt(list: WordList, i: u32): u32 {
  return load<u32>(placeOfWord(list, i))
}

// @ts-ignore: decorator
@inline
export function setWord(list: WordList, i: u32, word: u32): void {
  store<u32>(placeOfWord(list, i), word)
}

/** Adds a word and returns its place. */
export function pushWord(list: WordList, word: u32): u32 {
  const at = list.length++
  if (at < CHUNK ? at == 0 || (at >= FIRST && (at & (at - 1)) == 0) : (at & (CHUNK - 1)) == 0) makeRoom(list, at)
  setWord(list, at, word)
  return at
}

function makeRoom(list: WordList, length: u32): void {
  const number = length >> CHUNK_SHIFT
  if (number == 0) {
    const grown = take((length == 0 ? FIRST : length << 1) << 2, list.part)
    if (length > 0) {
      const first = <usize>load<u32>(list.chunks)
      memory.copy(grown, first, <usize>length << 2)
      give(first, length << 2, list.part)
    }
    store<u32>(list.chunks, <u32>grown)
    return
  }
  if (number == list.room) {
    const grown = take(list.room << 3, list.part)
    memory.copy(grown, list.chunks, <usize>list.room << 2)
    give(list.chunks, list.room << 2, list.part)
    list.chunks = grown
    list.room <<= 1
  }
  store<u32>(list.chunks + (<usize>number << 2), <u32>take(CHUNK << 2, list.part))
}

/** Empties a list and gives its pieces back. */
export function clearWords(list: WordList): void {
  const chunks = (list.length + CHUNK - 1) >> CHUNK_SHIFT
  for (let number: u32 = 0; number < chunks; number++) {
    let words = CHUNK
    if (number == 0 && list.length < CHUNK) for (words = FIRST; words < list.length; ) words <<= 1
    give(<usize>load<u32>(list.chunks + (<usize>number << 2)), words << 2, list.part)
  }
  list.length = 0
}
