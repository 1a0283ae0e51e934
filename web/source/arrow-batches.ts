import { type Batch as ArrowData, tableFromIPC } from '@uwdata/flechette'
import type { Batch, Column, ColumnType } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { QueryResult, ResultColumn } from '../../engine/engine.ts'
import { type ArrowFrame, arrowFrames } from './arrow-frames.ts'

