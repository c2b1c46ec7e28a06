import { LambdaEventSourceMapping } from '@cdktn/provider-aws/lib/lambda-event-source-mapping/index.js';
import { RECORD_AGE_MAX_S, RETRIES_MAX } from '../limits.ts';
import { addressed } from '../nodes/addressed.ts';
import type { FailureBucket } from '../nodes/failure-bucket.ts';
import type { LambdaFunction } from '../nodes/lambda-function.ts';
import type { Stream } from '../nodes/stream.ts';
import type { Variables } from '../variables.ts';

/** What Lambda calls to poll a stream without enhanced fan-out ("Processing Amazon Kinesis Data Streams records"). */
const POLLING_ACTIONS = [
  'kinesis:DescribeStream',
  'kinesis:DescribeStreamSummary',
  'kinesis:GetRecords',
  'kinesis:GetShardIterator',
  'kinesis:ListShards',
];

export interface StreamToFunctionOptions {
  readonly failures: FailureBucket;
  readonly variables: Variables;
}

/** Delivers a stream's records to a function in batches; what it cannot deliver ends in the failure bucket. */
export function streamToFunction(
  stream: Stream,
  target: LambdaFunction,
  { failures, variables }: StreamToFunctionOptions,
): void {
  target.allowPlatform(POLLING_ACTIONS, stream.resource.arn);
  // AWS's documentation asks for these two on the bucket; a narrower prefix is nowhere promised to be enough.
  target.allowPlatform(['s3:PutObject'], `${failures.resource.arn}/*`);
  target.allowPlatform(['s3:ListBucket'], failures.resource.arn);
  target.setEnvironment({ BATCH_CONCURRENCY: variables.batchConcurrency });
  addressed(
    target.name,
    new LambdaEventSourceMapping(target, 'mapping', {
      eventSourceArn: stream.resource.arn,
      functionName: target.live.arn,
      enabled: true,
      // A mapping takes minutes to start, and LATEST would skip what is written until then.
      startingPosition: 'TRIM_HORIZON',
      batchSize: variables.batchSize,
      maximumBatchingWindowInSeconds: variables.batchWindowSeconds,
      parallelizationFactor: variables.parallelizationFactor,
      maximumRecordAgeInSeconds: RECORD_AGE_MAX_S,
      maximumRetryAttempts: RETRIES_MAX,
      bisectBatchOnFunctionError: true,
      functionResponseTypes: ['ReportBatchItemFailures'],
      destinationConfig: { onFailure: { destinationArn: failures.resource.arn } },
      metricsConfig: { metrics: ['EventCount'] },
      // Lambda checks the role when the mapping is made.
      dependsOn: [...target.policies],
    }),
  );
}
