import fc from 'fast-check'
import { beforeAll, describe, it } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { lineProtocol } from '../support/line-protocol-arbitrary.ts'
import { expectSameAsReference } from '../support/line-protocol-differential.ts'

describe('the line-protocol parser and a plain reference', () => {
  let kernel: Kernel
  beforeAll(async () => {
    kernel = await Kernel.create(await loadCore())
  })

  it('take the same rows and reject the same places, whatever the text, over several calls', () => {
    const precisions = fc.constantFrom('ns', 'ns', 'us', 'ms', 's')
    const property = fc.property(
      fc.array(lineProtocol, { minLength: 1, maxLength: 3 }),
      precisions,
      (bodies, precision) => {
        expectSameAsReference(kernel, bodies, precision)
      },
    )
    fc.assert(property, { numRuns: 1500 })
  })
})
