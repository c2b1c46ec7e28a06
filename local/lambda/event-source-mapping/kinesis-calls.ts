import type { CallAws, Principal } from '../../gateway/call.ts';

/** A record as GetRecords answers it; `Data` is base64, the timestamp seconds since the epoch with a fraction. */
export interface KinesisRecord {
  readonly SequenceNumber: string;
  readonly PartitionKey: string;
  readonly Data: string;
  readonly ApproximateArrivalTimestamp: number;
}

export interface GetRecordsAnswer {
  readonly Records: readonly KinesisRecord[];
  /** Absent or null at the end of a closed shard. */
  readonly NextShardIterator?: string | null;
  readonly MillisBehindLatest?: number;
}

/** Where to read on from: the part of GetShardIterator's input that says so. */
export type ReadPosition =
  | { readonly ShardIteratorType: 'TRIM_HORIZON' }
  | { readonly ShardIteratorType: 'AT_TIMESTAMP'; readonly Timestamp: number }
  | { readonly ShardIteratorType: 'AFTER_SEQUENCE_NUMBER'; readonly StartingSequenceNumber: string };

interface ListedShard {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly AdjacentParentShardId?: string;
  readonly SequenceNumberRange: { readonly EndingSequenceNumber?: string };
}

/** A shard as far as a mapping cares. */
export interface Shard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly open: boolean;
}

/** Far more than a stream can have shards, at up to 1,000 in each answer. */
const PAGES_MAX = 1_000;

/** The three Kinesis calls of a mapping, made with the permissions of its function's role. */
export class KinesisCalls {
  readonly #callAws: CallAws;
  readonly #principal: Principal;
  readonly #streamArn: string;

  constructor(callAws: CallAws, principal: Principal, streamArn: string) {
    this.#callAws = callAws;
    this.#principal = principal;
    this.#streamArn = streamArn;
  }

  async getShardIterator(shardId: string, position: ReadPosition): Promise<string> {
    const answer = await this.#call('GetShardIterator', { ShardId: shardId, ...position });
    return (answer as { ShardIterator: string }).ShardIterator;
  }

  async getRecords(shardIterator: string, limit: number): Promise<GetRecordsAnswer> {
    return (await this.#call('GetRecords', {
      ShardIterator: shardIterator,
      Limit: limit,
    })) as GetRecordsAnswer;
  }

  async listShards(): Promise<readonly Shard[]> {
    const shards: Shard[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const answer = (await this.#call('ListShards', nextToken ? { NextToken: nextToken } : {})) as {
        Shards: readonly ListedShard[];
        NextToken?: string;
      };
      shards.push(...answer.Shards.map(toShard));
      nextToken = answer.NextToken;
      if (!nextToken) return shards;
    }
    throw new Error(`ListShards of ${this.#streamArn} has no end after ${PAGES_MAX} pages`);
  }

  #call(operation: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#callAws({
      service: 'kinesis',
      operation,
      input: { StreamARN: this.#streamArn, ...input },
      principal: this.#principal,
    });
  }
}

function toShard(listed: ListedShard): Shard {
  return {
    shardId: listed.ShardId,
    parentShardIds: [listed.ParentShardId, listed.AdjacentParentShardId].filter((id) => id !== undefined),
    open: listed.SequenceNumberRange.EndingSequenceNumber === undefined,
  };
}
