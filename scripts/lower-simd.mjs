// Rewrites a WebAssembly module to one without vectors, for engines that have none: each v128 becomes two i64, each operation
// on vectors the same on those. One source, one behaviour: what an operation becomes is in simd-operations.mjs, and an
// operation that is not there fails the build.
import binaryen from 'assemblyscript/binaryen'
import { operationsOf } from './simd-operations.mjs'

const { i64, v128 } = binaryen
/** Where the upper half of a vector goes that a call passes or returns. */
const UPPER_RESULT = 'simd.upper'
const upperParameter = (index) => `${UPPER_RESULT}.${index}`

/** Rewrites one function, whose expressions are flat: every operand is a local or a constant. */
class FunctionLowering {
  #module
  #operations
  #types
  #added = []
  #upperOf = new Map()
  #before = []
  #upperGlobals

  constructor(module, operations, info, upperGlobals) {
    this.#module = module
    this.#operations = operations
    this.#upperGlobals = upperGlobals
    this.#types = [...binaryen.expandType(info.params), ...info.vars]
    for (let index = 0, count = this.#types.length; index < count; index++) {
      if (this.#types[index] === v128) this.#upperOf.set(index, this.#addLocal())
    }
  }

  /** The function's body, and its locals but for the parameters. */
  lower(info) {
    const parameters = binaryen.expandType(info.params)
    const body = this.#statement(info.body)
    const passed = parameters.flatMap((type, index) => (type === v128 ? [this.#takeParameter(index)] : []))
    const locals = [...this.#types, ...this.#added].slice(parameters.length)
    return {
      body: passed.length > 0 ? this.#block([...passed, body]) : body,
      vars: locals.map((type) => (type === v128 ? i64 : type)),
    }
  }

  #takeParameter(index) {
    const upper = upperParameter(index)
    this.#upperGlobals.add(upper)
    return this.#module.local.set(this.#upperOf.get(index), this.#module.global.get(upper, i64))
  }

  #addLocal() {
    this.#added.push(i64)
    return this.#types.length + this.#added.length - 1
  }

  #block(statements) {
    return statements.length === 1 ? statements[0] : this.#module.block(null, statements)
  }

  #typeOf(expression) {
    return binaryen.getExpressionType(expression)
  }

  #statement(expression) {
    const id = binaryen.getExpressionId(expression)
    if (id === binaryen.BlockId) {
      const count = binaryen.Block.getNumChildren(expression)
      for (let i = 0; i < count; i++) {
        binaryen.Block.setChildAt(expression, i, this.#statement(binaryen.Block.getChildAt(expression, i)))
      }
      return expression
    }
    if (id === binaryen.LoopId) {
      binaryen.Loop.setBody(expression, this.#statement(binaryen.Loop.getBody(expression)))
      return expression
    }
    if (id === binaryen.IfId) {
      binaryen.If.setIfTrue(expression, this.#statement(binaryen.If.getIfTrue(expression)))
      const otherwise = binaryen.If.getIfFalse(expression)
      if (otherwise !== 0) binaryen.If.setIfFalse(expression, this.#statement(otherwise))
      return expression
    }
    const lowered = this.#named(expression, id)
    const statements = [...this.#before, ...lowered]
    this.#before = []
    return this.#block(statements)
  }

  #named(expression, id) {
    try {
      return this.#simple(expression, id)
    } catch (cause) {
      throw new Error(`no lowering for ${binaryen.emitText(expression)}`, { cause })
    }
  }

  /** What a statement that holds no other becomes; what is to be done before it is in `#before`. */
  #simple(expression, id) {
    const { local, i64: words, global } = this.#module
    if (id === binaryen.LocalSetId) {
      const index = binaryen.LocalSet.getIndex(expression)
      const value = binaryen.LocalSet.getValue(expression)
      if (this.#types[index] !== v128) return [local.set(index, this.#value(value))]
      const [low, high] = this.#halves(value).map((half) => this.#keep(half))
      return [local.set(index, low()), local.set(this.#upperOf.get(index), high())]
    }
    if (id === binaryen.StoreId && this.#typeOf(binaryen.Store.getValue(expression)) === v128) {
      const [low, high] = this.#operand(binaryen.Store.getValue(expression))
      const at = this.#scalar(binaryen.Store.getPtr(expression))
      const offset = binaryen.Store.getOffset(expression)
      return [words.store(offset, 1, at(), low()), words.store(offset + 8, 1, at(), high())]
    }
    if (id === binaryen.ReturnId && this.#typeOf(binaryen.Return.getValue(expression)) === v128) {
      const [low, high] = this.#operand(binaryen.Return.getValue(expression))
      return [global.set(UPPER_RESULT, high()), this.#module.return(low())]
    }
    if (id === binaryen.DropId) {
      const value = binaryen.Drop.getValue(expression)
      if (this.#typeOf(value) !== v128) return [this.#module.drop(this.#value(value))]
      return this.#halves(value).map((half) => this.#module.drop(half))
    }
    return [this.#value(expression)]
  }

  /** Notes a value in a local, so that it can be used more than once. */
  #keep(value) {
    const index = this.#addLocal()
    this.#before.push(this.#module.local.set(index, value))
    return () => this.#module.local.get(index, i64)
  }

  /** An operand that is no vector. */
  #scalar(expression) {
    return () => this.#module.copyExpression(expression)
  }

  /** The halves of an operand that is a vector. */
  #operand(expression) {
    if (binaryen.getExpressionId(expression) === binaryen.LocalGetId) {
      const index = binaryen.LocalGet.getIndex(expression)
      const upper = this.#upperOf.get(index)
      return [() => this.#module.local.get(index, i64), () => this.#module.local.get(upper, i64)]
    }
    const bytes = new DataView(Uint8Array.from(binaryen.Const.getValueV128(expression)).buffer)
    return [0, 8].map((at) => () => this.#module.i64.const(bytes.getBigInt64(at, true)))
  }

  /** A value that is no vector, of operands that may be. */
  #value(expression) {
    const id = binaryen.getExpressionId(expression)
    if (id === binaryen.CallId) return this.#call(expression)
    if (id === binaryen.SIMDExtractId) {
      const [op, index] = [binaryen.SIMDExtract.getOp(expression), binaryen.SIMDExtract.getIndex(expression)]
      return this.#operations.extract(op, this.#operand(binaryen.SIMDExtract.getVec(expression)), index)
    }
    if (id === binaryen.UnaryId && this.#typeOf(binaryen.Unary.getValue(expression)) === v128) {
      const operand = this.#operand(binaryen.Unary.getValue(expression))
      return this.#operations.test(binaryen.Unary.getOp(expression), operand)
    }
    return expression
  }

  #call(expression) {
    const operands = binaryen.Call.getOperands(expression).map((operand, index) => {
      if (this.#typeOf(operand) !== v128) return this.#module.copyExpression(operand)
      const [low, high] = this.#operand(operand)
      this.#upperGlobals.add(upperParameter(index))
      this.#before.push(this.#module.global.set(upperParameter(index), high()))
      return low()
    })
    const type = this.#typeOf(expression)
    return this.#module.call(binaryen.Call.getTarget(expression), operands, type === v128 ? i64 : type)
  }

  /** The halves of a value that is a vector. They are to be evaluated once each and in this order. */
  #halves(expression) {
    const operations = this.#operations
    const id = binaryen.getExpressionId(expression)
    if (id === binaryen.LocalGetId || id === binaryen.ConstId) return this.#operand(expression).map((half) => half())
    if (id === binaryen.CallId) return [this.#call(expression), this.#module.global.get(UPPER_RESULT, i64)]
    if (id === binaryen.LoadId) {
      const at = this.#scalar(binaryen.Load.getPtr(expression))
      const offset = binaryen.Load.getOffset(expression)
      return [offset, offset + 8].map((from) => this.#module.i64.load(from, 1, at()))
    }
    if (id === binaryen.SIMDLoadId) {
      const { getOp, getOffset, getPtr } = binaryen.SIMDLoad
      const { read, halves } = operations.load(getOp(expression), getOffset(expression))
      return halves(this.#keep(read(this.#scalar(getPtr(expression))())))
    }
    if (id === binaryen.SelectId) {
      const whether = this.#scalar(binaryen.Select.getCondition(expression))
      const [yes, no] = [binaryen.Select.getIfTrue(expression), binaryen.Select.getIfFalse(expression)].map((one) =>
        this.#operand(one),
      )
      return [0, 1].map((half) => this.#module.select(whether(), yes[half](), no[half]()))
    }
    return this.#operation(expression, id)
  }

  #operation(expression, id) {
    const operations = this.#operations
    if (id === binaryen.UnaryId) {
      const value = binaryen.Unary.getValue(expression)
      const operand = this.#typeOf(value) === v128 ? this.#operand(value) : this.#scalar(value)
      return operations.unary(binaryen.Unary.getOp(expression), operand)
    }
    if (id === binaryen.BinaryId) {
      const { getOp, getLeft, getRight } = binaryen.Binary
      return operations.binary(
        getOp(expression),
        this.#operand(getLeft(expression)),
        this.#operand(getRight(expression)),
      )
    }
    if (id === binaryen.SIMDShiftId) {
      const { getOp, getVec, getShift } = binaryen.SIMDShift
      return operations.shift(getOp(expression), this.#operand(getVec(expression)), this.#scalar(getShift(expression)))
    }
    if (id === binaryen.SIMDShuffleId) {
      const { getLeft, getRight, getMask } = binaryen.SIMDShuffle
      const sources = [...this.#operand(getLeft(expression)), ...this.#operand(getRight(expression))]
      return operations.shuffle(sources, getMask(expression))
    }
    if (id === binaryen.SIMDTernaryId) {
      const { getOp, getA, getB, getC } = binaryen.SIMDTernary
      return operations.ternary(
        getOp(expression),
        [getA, getB, getC].map((get) => this.#operand(get(expression))),
      )
    }
    if (id === binaryen.SIMDReplaceId) {
      const { getOp, getVec, getIndex, getValue } = binaryen.SIMDReplace
      const lane = { index: getIndex(expression), value: this.#scalar(getValue(expression)) }
      return operations.replace(getOp(expression), this.#operand(getVec(expression)), lane)
    }
    throw new Error(`there is nothing in place of expression ${id}`)
  }
}

function usesVectors(info) {
  return [info.results, ...binaryen.expandType(info.params), ...info.vars].includes(v128)
}

/** The bytes of a module that does the same without vectors. */
export function lowerSimd(bytes) {
  const module = binaryen.readBinary(bytes)
  module.setFeatures(binaryen.Features.All)
  module.runPasses(['flatten'])
  const operations = operationsOf(module)
  const functions = Array.from({ length: module.getNumFunctions() }, (_, i) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(i)),
  )
  const upperGlobals = new Set([UPPER_RESULT])
  for (const info of functions) {
    if (!usesVectors(info)) continue
    const { body, vars } = new FunctionLowering(module, operations, info, upperGlobals).lower(info)
    const parameters = binaryen.expandType(info.params).map((type) => (type === v128 ? i64 : type))
    module.removeFunction(info.name)
    const result = info.results === v128 ? i64 : info.results
    module.addFunction(info.name, binaryen.createType(parameters), result, vars, body)
  }
  for (const name of upperGlobals) module.addGlobal(name, i64, true, module.i64.const(0n))
  const { MutableGlobals, SignExt, NontrappingFPToInt, BulkMemory, BulkMemoryOpt } = binaryen.Features
  module.setFeatures(MutableGlobals | SignExt | NontrappingFPToInt | BulkMemory | BulkMemoryOpt)
  binaryen.setOptimizeLevel(3)
  binaryen.setShrinkLevel(1)
  module.optimize()
  if (!module.validate()) throw new Error('what became of the module is not valid')
  return module.emitBinary()
}
