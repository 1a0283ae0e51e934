import * as Comlink from 'comlink/dist/esm/comlink.mjs'
import { PieceReader } from './piece-reader.ts'

Comlink.expose(new PieceReader())
