import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toSeconds } from '../../relay/protocols/coarse-precision.ts'

describe('toSeconds', () => {
  test.each([
    ['cpu usage=1 2', 'cpu usage=1 120'],
    ['cpu usage=1 -2\n', 'cpu usage=1 -120\n'],
    ['cpu usage=1 2\r\nmem used=1i 3\r\n', 'cpu usage=1 120\r\nmem used=1i 180\r\n'],
    ['cpu usage=1', 'cpu usage=1'],
    ['cpu,host=a\\ b usage=1 2', 'cpu,host=a\\ b usage=1 120'],
    ['log text="a b 7" 2', 'log text="a b 7" 120'],
    ['log text="say \\"x\\" 7" 2', 'log text="say \\"x\\" 7" 120'],
    ['log text="two\nlines 7 7",n=1 2', 'log text="two\nlines 7 7",n=1 120'],
    ['# usage of 7 7\ncpu usage=1 2', '# usage of 7 7\ncpu usage=1 120'],
    ['cpu usage=1 later\ncpu usage=1 2', 'cpu usage=1 later\ncpu usage=1 120'],
    ['\n\ncpu usage=1 2', '\n\ncpu usage=1 120'],
    ['cpu usage=1  2', 'cpu usage=1  120'],
  ])('%j becomes %j', (text, wanted) => {
    expect(toSeconds(text, 60n)).toBe(wanted)
  })

  test('leaves any text without whole timestamps as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', ',', '=', '"', '\\', '\n', '#', '.') }), (text) => {
        expect(toSeconds(text, 3600n)).toBe(text)
      }),
    )
  })
})
