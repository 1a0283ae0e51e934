/** Calls of methods of an object in another thread. Arguments and answers are copied there, but for buffers that are moved. */
import { fromPlainError, type PlainError, TidemarkError, toPlainError } from './errors.ts'

/** What goes to another thread and is gone here. */
export type Moved = ArrayBuffer | MessagePort

/** What carries messages to another thread and back: a worker, a port, a channel of two tabs. */
export interface Endpoint {
  postMessage(message: unknown, buffers: Moved[]): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  /** Of Node's ports. */
  on?(type: 'message', listener: (data: unknown) => void): unknown
  start?(): void
}

/** An answer that is not copied: calls of its methods come back to the object. */
export class Reference<T extends object> {
  readonly object: T

  constructor(object: T) {
    this.object = object
  }
}

type Answered<R> = R extends Reference<infer T> ? Remote<T> : R

/** An object of another thread. Functions among the arguments of its methods are called here. */
export type Remote<T> = {
  [K in keyof T]: T[K] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Answered<Awaited<Result>>>
    : never
}

type Call = [id: number, method: string, args: unknown[], functions: number[]]
type Answer = [id: number, outcome: number, value: unknown]

/** What an answer's value is. */
const OUTCOME = { value: 0, reference: 1, tidemarkError: 2, otherError: 3 }
/** The method by which a function is called. */
const ITSELF = ''

const movedWith = new WeakMap<object, Moved[]>()

/** The value, whose buffers move with it when it is an argument or an answer next; they are empty here then. */
export function moving<T>(value: T, buffers: Moved[]): T {
  if (typeof value === 'object' && value !== null) movedWith.set(value, buffers)
  return value
}

/**
 * The object that is exposed at the other end of an endpoint, or what it has under the name of `part`. A call throws what the method
 * throws; of what is no `TidemarkError` name, message and stack.
 */
export function remote<T extends object>(endpoint: Endpoint, part?: string): Remote<T> {
  const calls = callsThrough(endpoint)
  const methods = new Map<string, (...args: unknown[]) => Promise<unknown>>()
  const object: object = new Proxy(Object.create(null), {
    get: (_, name) => {
      // What awaits an object asks whether it is a promise.
      if (typeof name !== 'string' || name === 'then') return undefined
      const known = methods.get(name)
      if (known) return known
      const path = part === undefined ? name : `${part}.${name}`
      const method = (...args: unknown[]): Promise<unknown> => calls.call(path, args)
      methods.set(name, method)
      return method
    },
  })
  return object as Remote<T> // whose every name is a method
}

/** Lets the other end of an endpoint call the methods of an object and of its parts. */
export function expose(target: object, endpoint: Endpoint): void {
  listen(endpoint, (data) => {
    if (isCall(data)) void answer(target, endpoint, data)
  })
}

function listen(endpoint: Endpoint, listener: (data: unknown) => void): void {
  // For an event Node loads its client of HTTP, in which that class is: 16 MB, in each thread.
  if (endpoint.on) endpoint.on('message', listener)
  else endpoint.addEventListener('message', ({ data }) => listener(data))
  endpoint.start?.()
}

/** The same for a worker, whose other end is the page that started it. */
export function exposeToPage(target: object): void {
  expose(target, {
    postMessage: (message, buffers) => self.postMessage(message, { transfer: buffers }),
    addEventListener: (type, listener) => self.addEventListener(type, listener),
  })
}

// Numbers are used once in a thread, so that a late answer of one that had the other end before is for nobody.
let lastCall = 0

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** The calls through one endpoint that wait for their answers. */
class Calls {
  readonly #endpoint: Endpoint
  readonly #waiting = new Map<number, Waiting>()

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
    listen(endpoint, (data) => {
      if (isAnswer(data)) this.#settle(data)
    })
  }

  call(method: string, args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++lastCall
      const buffers: Moved[] = []
      const functions: number[] = []
      const sent = args.map((arg, at) => {
        if (typeof arg === 'function') {
          functions.push(at)
          return portTo({ [ITSELF]: arg }, buffers)
        }
        takeBuffers(arg, buffers)
        return arg
      })
      const call: Call = [id, method, sent, functions]
      this.#endpoint.postMessage(call, buffers)
      this.#waiting.set(id, { resolve, reject })
    })
  }

  #settle([id, outcome, value]: Answer): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    if (outcome === OUTCOME.value) waiting.resolve(value)
    else if (outcome === OUTCOME.reference) waiting.resolve(remote(value as MessagePort))
    else if (outcome === OUTCOME.tidemarkError) waiting.reject(fromPlainError(value as PlainError))
    else waiting.reject(value)
  }
}

const endpoints = new WeakMap<Endpoint, Calls>()

function callsThrough(endpoint: Endpoint): Calls {
  const calls = endpoints.get(endpoint) ?? new Calls(endpoint)
  endpoints.set(endpoint, calls)
  return calls
}

async function answer(target: object, endpoint: Endpoint, [id, method, args, functions]: Call): Promise<void> {
  const buffers: Moved[] = []
  try {
    for (const at of functions) args[at] = functionAt(args[at] as MessagePort)
    const value: unknown = await callMethod(target, method.split('.'), args)
    if (value instanceof Reference) send(endpoint, [id, OUTCOME.reference, portTo(value.object, buffers)], buffers)
    else {
      takeBuffers(value, buffers)
      send(endpoint, [id, OUTCOME.value, value], buffers)
    }
  } catch (error) {
    if (error instanceof TidemarkError) send(endpoint, [id, OUTCOME.tidemarkError, toPlainError(error)], [])
    else send(endpoint, [id, OUTCOME.otherError, error instanceof Error ? error : new Error(String(error))], [])
  }
}

function send(endpoint: Endpoint, answer: Answer, buffers: Moved[]): void {
  endpoint.postMessage(answer, buffers)
}

function callMethod(target: object, path: readonly string[], args: unknown[]): unknown {
  let [owner, method]: unknown[] = [undefined, target]
  for (const name of path) [owner, method] = [method, Reflect.get(Object(method), name)]
  if (typeof method !== 'function') throw new Error(`there is no method ${path.join('.')}`)
  return Reflect.apply(method, owner, args)
}

/** A port to the object here, which moves to the other thread. */
function portTo(object: object, buffers: Moved[]): MessagePort {
  const { port1, port2 } = new MessageChannel()
  expose(object, port1)
  buffers.push(port2)
  return port2
}

function functionAt(port: MessagePort): (...args: unknown[]) => Promise<unknown> {
  const calls = callsThrough(port)
  return (...args) => calls.call(ITSELF, args)
}

function takeBuffers(value: unknown, buffers: Moved[]): void {
  const moved = typeof value === 'object' && value !== null ? movedWith.get(value) : undefined
  if (moved) buffers.push(...moved)
}

function isCall(data: unknown): data is Call {
  return Array.isArray(data) && data.length === 4 && typeof data[1] === 'string'
}

function isAnswer(data: unknown): data is Answer {
  return Array.isArray(data) && data.length === 3 && typeof data[1] === 'number'
}
