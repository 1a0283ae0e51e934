export { allocate, allocateClose, closeSize, release, releaseClose } from './memory/heap'
export { HEADER, PAYLOAD, SPANS, STAGING, STATES, TIMES, VALIDITY, VALUES } from './memory/scratch'
export { xxhBegin, xxhEnd32, xxhUpdate } from './hash/xxh64'
export { shaFirstBytes } from './hash/sha256-lanes'
export { DIGEST, shaBegin, shaEnd, shaResume, shaUpdate } from './hash/sha256'
export { appendLengths, encodeBlock, widenStaging } from './codec/encode'
export { decodeBlock, dictionaryOffset, dictionarySize } from './codec/block'
export {
  BULK_HEADERS, BULK_PAYLOADS, BULK_VALIDITY, BULK_VALUES, bulkFailedAt, bulkRows, decodeBlocks, encodeBlocks, encodeColumn,
  readBlocksAt, verifyBlocks,
} from './codec/blocks'
export { repeatedCodes } from './codec/repeats'
export { countPlaces, placeBlocks, placeKept, placeNumber, rankPlaces } from './codec/places'
export { LISTED_ROWS, keepRows, keptRows, listRows } from './codec/passing'
export {
  encodeGroups, groupCounts, groupHeaders, groupOrder, groupPayloads, groupsCreate, groupValues,
} from './codec/groups'
export { beginStatistics, packStatistics, unpackStatistics } from './codec/statistics'
export { readModel, buildModel, useModel } from './dense/model'
export { addToTraining, beginTraining } from './dense/collected'
export { train } from './dense/training'
export { encodeDense } from './dense/encode'
export { setWindows, spansOfTimes } from './aggregate/windows'
export { aggregateBlocks, runFailedAt, spansOfBlocks } from './aggregate/run'
export { aggregateRows, countRows } from './aggregate/states'
export { sortRows } from './aggregate/sort'
export {
  headBytes, headColumn, headCreate, headDropFull, headFull, headFullCount, headNote, headPlan, headRefs, headSeries, headSeriesAt, headSeriesCount,
  headTimes, headValidity, headValues,
} from './head/head'
export { headBatchEnd, headSealBatch } from './head/batch'
export { headSeal, headSealed } from './head/seal'
export {
  parserBegin, parserClearKeys, parserClearPage, parserClearTags, parserCreate, parserDeclare, parserDescribeKeys,
  parserDescribeTag, parserFeed, parserFirstKey, parserForgetKeys, parserForgetTable, parserFullPage, parserKeyCount, parserKeys, parserNewKeys,
  parserNewTags, parserNextPage, parserRejected, parserRejections, parserRejectLong, parserRows, parserRun, parserTaken,
  parserText,
} from './parse/parser'
export { indexDescribe, indexKey, indexOpen, indexTexts } from './index/description'
export { indexNarrow, indexValuesOf } from './index/narrow'
export { indexImageRoom, indexImageStart, indexLoadImage, indexSaveImage } from './index/image'
export {
  indexBytes, indexCode, indexCodes, indexColumns, indexCount, indexCreate, indexDesk, indexFind, indexFindTable,
  indexFindText, indexFree, indexHashes, indexIntern, indexPick, indexPickTable, indexRefLimit, indexRefsWithout, indexRegister, indexRegisterSymbols,
  indexShards, indexSize, indexSort, indexSweep, indexTableCount, indexTableRows, indexTableSymbol, indexText, indexTextBytes,
  indexUnlink, indexValues,
} from './index/desk'
