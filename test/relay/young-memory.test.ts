import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const MODULE = new URL('../../relay/young-memory.ts', import.meta.url).href
/** Makes many objects of which some live on, then tells the process, its arguments and how much memory is for new objects. */
const PROGRAM = `
const { boundYoungMemory } = await import('${MODULE}')
boundYoungMemory()
const kept = []
for (let i = 0; i < 4e6; i++) kept[i % 100_000] = { i, text: 'x' + i }
const { getHeapSpaceStatistics } = await import('node:v8')
const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
console.log(JSON.stringify({ pid: process.pid, argument: process.argv.at(-1), bytes: space.space_size }))
`

interface Told {
  pid: number
  argument: string
  bytes: number
}

function run(options: string): { pid: number; told: Told } {
  const command = ['--input-type=module', '-e', PROGRAM, 'serve it']
  const env = { ...process.env, NODE_OPTIONS: options }
  const { pid, stdout } = spawnSync(process.execPath, command, { env, encoding: 'utf8' })
  return { pid, told: JSON.parse(stdout) }
}

test('memory for new objects is bounded, in the same process with the same arguments', () => {
  const { pid, told } = run('')
  expect(told).toMatchObject({ pid, argument: 'serve it' })
  expect(told.bytes).toBeLessThanOrEqual(16 << 20)
})

test('what NODE_OPTIONS says of it counts', () => {
  const { pid, told } = run('--max-semi-space-size=32')
  expect(told).toMatchObject({ pid, argument: 'serve it' })
  expect(told.bytes).toBeGreaterThan(16 << 20)
})
