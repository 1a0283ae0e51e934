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
