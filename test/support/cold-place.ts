import type { Tiers } from '../../engine/worker/tiers.ts'
import { S3_BUCKET, S3_CREDENTIALS, type S3Server } from './s3-server.ts'

/** Tiers below a prefix of a server; without rules nothing is moved. */
export function tiersOn(server: S3Server, prefix: string, rules?: Tiers['rules']): Tiers {
  const cold = { kind: 's3', bucket: S3_BUCKET, prefix, endpoint: server.endpoint, ...S3_CREDENTIALS } as const
  return { cold, ...(rules && { rules }) }
}

/** Keys of the Parquet files below a prefix. */
export function filesBelow(server: S3Server, prefix: string): string[] {
  return [...server.objects.keys()].filter((key) => key.startsWith(`${prefix}/table=`))
}
