import { describe, expect, test } from 'vitest'
import { editDistance, nearestName } from '../../engine/core/nearest-name.ts'

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['kitten', 'sitting', 3],
    ['saturday', 'sunday', 3],
    ['ca', 'ac', 1],
    ['abc', '', 3],
  ])('of %s and %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
    expect(editDistance(b, a)).toBe(distance)
  })
})

describe('nearestName', () => {
  test('is the name of the fewest edits, in any case', () => {
    expect(nearestName('Usge_user', ['usage_system', 'usage_user', 'user'])).toBe('usage_user')
  })

  test('may be one of which a part was given, if a whole name is not as near', () => {
    expect(nearestName('user', ['usage_system', 'usage_user'])).toBe('usage_user')
    expect(nearestName('usr', ['usage_system', 'usage_user'])).toBe('usage_user')
    expect(nearestName('used', ['memory_used', 'user', 'uses'])).toBe('memory_used')
    expect(nearestName('user', ['usage_user', 'uses'])).toBe('usage_user')
    expect(nearestName('usr', ['usage_usr', 'usr'])).toBe('usr')
    expect(nearestName('ka', ['b_ka', 'ka_x'])).toBeUndefined()
  })

  test('is none where all names are far', () => {
    expect(nearestName('temperature', ['pressure', 'humidity'])).toBeUndefined()
    expect(nearestName('x'.repeat(101), ['x'.repeat(101)])).toBeUndefined()
  })

  test('compares 2000 names and no more', () => {
    const names = Array.from({ length: 2_000 }, (_, i) => `other_${i}`)
    expect(nearestName('usge', [...names.slice(1), 'usage'])).toBe('usage')
    expect(nearestName('usge', [...names, 'usage'])).toBeUndefined()
  })
})
