import { exposeToPage } from '../../engine/core/calls.ts'
import { PieceReader } from './piece-reader.ts'

exposeToPage(new PieceReader())
