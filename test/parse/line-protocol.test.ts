import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { lineProtocol } from '../support/line-protocol-arbitrary.ts'
import { expectPiecesAsReference, expectSameAsReference } from '../support/line-protocol-differential.ts'

describe('the line-protocol parser and a plain reference', () => {
  let kernel: Kernel
  beforeAll(async () => {
    kernel = await Kernel.create(await loadCore())
  })

  it('take the same rows and reject the same places, whatever the text, over several calls', () => {
    const precisions = fc.constantFrom('ns', 'ns', 'us', 'ms', 's', 'm', 'h')
    const property = fc.property(
      fc.array(lineProtocol, { minLength: 1, maxLength: 3 }),
      precisions,
      (bodies, precision) => {
        expectSameAsReference(kernel, bodies, precision)
      },
    )
    fc.assert(property, { numRuns: 1500 })
  })

  it('agree on a text that is cut at any byte or has any bit changed', async () => {
    const text =
      'm\\ n,t=a\\,b,ü=,u=c f=-1.5e3,g=42i,h="a\\"\\\\\nb",i=true 1465839830100400200\r\n# c\nm\\ n,u=c,t=x g=7u,f=.5 -1\n'
    const body = new TextEncoder().encode(text)
    for (let end = 0; end <= body.length; end++) expectSameAsReference(kernel, [body.subarray(0, end)], 'ns')
    for (let at = 0; at < body.length; at++) {
      // A parser's memory is its kernel's, which would grow without end.
      const fresh = await Kernel.create(await loadCore())
      for (let bit = 0; bit < 8; bit++) {
        const changed = body.slice()
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        expectSameAsReference(fresh, [changed, body], 'ns')
      }
    }
  })

  it('agree on a long body that is parsed in pieces with other text between, also where strings span lines', () => {
    const lines = Array.from({ length: 6000 }, (_, i) => {
      if (i % 90 === 17) return `air,site=s${i % 11} load=`
      const text = i % 7 === 0 ? `,note="line ${i}\nand one more with = and , ${'x'.repeat(i % 300)}"` : ''
      return `air,site=s${i % 11},rack=r${i % 3} load=${i}.5,jobs=${i}i${text} ${1_700_000_000 + i}`
    })
    const body = new TextEncoder().encode(lines.join('\n'))
    const between = new TextEncoder().encode('other,site=s1 x=1 1\nother x= 2\nair,site=new load=1 3\n')
    expect(expectPiecesAsReference(kernel, body, between)).toBeGreaterThan(1)
  })
})
