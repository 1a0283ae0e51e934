import { expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { browserError } from '../../engine/storage/browser-error.ts'
import { fileError } from '../../engine/storage/node-error.ts'

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as libuv says it`), { code })
}

test.each([
  ['ENOSPC', 'quota', 'cannot write /data/x: the disk is full'],
  ['EDQUOT', 'quota', 'cannot write /data/x: the disk quota is used up'],
  ['EACCES', 'io', 'cannot write /data/x: permission denied'],
  ['EROFS', 'io', 'cannot write /data/x: the file system is read-only'],
  ['EIO', 'io', 'cannot write /data/x: the disk failed'],
  ['EXYZ', 'io', 'cannot write /data/x: EXYZ: as libuv says it'],
])('a system call that fails with %s is of kind %s, with a sentence', (code, kind, message) => {
  expect(fileError(systemError(code), 'write', '/data/x')).toMatchObject({ kind, message })
})

test('a full browser is of kind quota, any other failure of IndexedDB of kind io', () => {
  const full = browserError(new DOMException('', 'QuotaExceededError'), 'append to the log')
  expect(full).toMatchObject({ kind: 'quota', message: expect.stringContaining('no more space') })
  expect(browserError(new DOMException('', 'UnknownError'), 'append to the log')).toMatchObject({
    kind: 'io',
    message: 'cannot append to the log: UnknownError',
  })
})

test('an error that is known already passes as it is', () => {
  const known = new TidemarkError('truncated', 'short')
  expect(fileError(known, 'read', '/data/x')).toBe(known)
  expect(browserError(known, 'read')).toBe(known)
})
