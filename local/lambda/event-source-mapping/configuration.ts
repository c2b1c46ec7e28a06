import type { Clock } from '../../clock.ts';
import type { CallAws, Principal } from '../../gateway/call.ts';
import type { InvokeFunction } from '../lambda.ts';
import type { BackOffPolicy } from './back-off.ts';
import type { DeliveryFailure } from './decision.ts';

/** What Terraform says of one mapping from a Kinesis stream to a function; -1 means without end, as in Lambda's API. */
export interface EventSourceMappingConfiguration {
  readonly uuid: string;
  readonly eventSourceArn: string;
  readonly functionName: string;
  /** What is invoked, and what failure records name: qualified if the mapping points to an alias. */
  readonly functionArn: string;
  /** The version behind the alias, for failure records; `$LATEST` if not given. */
  readonly functionVersion?: string;
  /** The function's role: polling and the failure destination are called with its permissions. */
  readonly roleArn: string;
  readonly region: string;
  readonly batchSize: number;
  readonly batchWindowMs: number;
  readonly parallelizationFactor: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';
  /** Seconds since the epoch; only with AT_TIMESTAMP. */
  readonly startingPositionTimestampS?: number;
  readonly maximumRecordAgeS: number;
  readonly maximumRetryAttempts: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  /** The ARN of an S3 bucket; without one, records that are given up are dropped, counted and logged. */
  readonly failureDestinationArn?: string;
}

/** Where AWS does not say how it behaves, or a laptop wants it otherwise: each with its default below. */
export interface MappingOptions {
  /** How long a shard whose end has been reached rests until it is read again; AWS polls once a second. */
  readonly pollIntervalMs: number;
  /** How long a new shard may go unseen. AWS does not say how long it takes. */
  readonly shardDiscoveryIntervalMs: number;
  /** The schedule of retries, which AWS does not document. */
  readonly backOff: BackOffPolicy;
  /** Whether a failing batch holds up its lane alone, or the whole shard. AWS says "shard", of a single lane. */
  readonly failureBlocks: 'lane' | 'shard';
  /** Whether bisecting also halves a batch whose partial response names its first record, so nothing is trimmed. */
  readonly halveOnRepeatedPartialFailure: boolean;
  /** The payload in a failure record: documented as an escaped JSON string, seen on AWS as an object, too. */
  readonly failurePayload: 'text' | 'object';
  readonly limits: MappingLimits;
}

/** What one shard's poller keeps in memory at most. */
export interface MappingLimits {
  /** A lane with fewer batches than this waiting is hungry, and a shard is read while any of its lanes is. */
  readonly laneBatchesWaiting: number;
  /** Records waiting or in work in all lanes of a shard: how far a hot key may run ahead before others starve. */
  readonly shardRecordsMax: number;
  /** The same in bytes of event JSON; exceeded by one answer of GetRecords at most. */
  readonly shardBytesMax: number;
}

export const DEFAULT_OPTIONS: MappingOptions = {
  pollIntervalMs: 250,
  shardDiscoveryIntervalMs: 2_000,
  backOff: { firstMs: 500, factor: 1.5, jitter: 0.5, maxMs: 60_000 },
  failureBlocks: 'lane',
  halveOnRepeatedPartialFailure: false,
  failurePayload: 'text',
  limits: { laneBatchesWaiting: 10, shardRecordsMax: 10_000, shardBytesMax: 64 * 1_024 * 1_024 },
};

/** One delivery that reached the function; `iteratorAgeMs` is the age of its last record at the hand-over. */
export interface BatchDelivered {
  readonly functionName: string;
  readonly streamName: string;
  readonly shardId: string;
  readonly records: number;
  readonly iteratorAgeMs: number;
}

/** Is told what happens, for metrics. In the end settled + parked + dropped is what was read. */
export interface MappingObserver {
  batchDelivered?(delivery: BatchDelivered): void;
  /** Records that the function has processed. */
  batchSettled?(records: number): void;
  /** A delivery of `records` that failed, wholly or in part; it is retried, or parked or dropped next. */
  batchFailed?(records: number, failure: DeliveryFailure): void;
  recordsParkedByMapping?(records: number): void;
  recordsDropped?(records: number): void;
}

export interface MappingDependencies {
  readonly clock: Clock;
  readonly callAws: CallAws;
  readonly invoke: InvokeFunction;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly uuid: () => string;
  readonly observer: MappingObserver;
  readonly log: (line: string) => void;
}

/** The name in a stream's ARN, or in the ARN of one of its consumers. */
export function streamNameOf(eventSourceArn: string): string {
  const name = eventSourceArn.split('/')[1];
  if (!name) throw new Error(`not the ARN of a Kinesis stream: ${eventSourceArn}`);
  return name;
}

/** Whom a mapping calls AWS as: its function's role, in a session named after the function. */
export function principalOf({ roleArn, functionName }: EventSourceMappingConfiguration): Principal {
  return { kind: 'role', arn: roleArn, sessionName: functionName };
}
