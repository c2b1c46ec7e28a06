import type { Clock } from '../clock.ts';
import type { AwsService, Input } from '../gateway/call.ts';
import { dryRun, unknownOperation } from './errors.ts';
import { describeStream } from './operations/describe-stream.ts';
import { describeStreamSummary } from './operations/describe-stream-summary.ts';
import { getRecords } from './operations/get-records.ts';
import { getShardIterator } from './operations/get-shard-iterator.ts';
import { listShards } from './operations/list-shards.ts';
import { listStreams } from './operations/list-streams.ts';
import { putRecord } from './operations/put-record.ts';
import { putRecords } from './operations/put-records.ts';
import { resourceArns } from './resource-arns.ts';
import { Stream, type StreamOptions } from './stream.ts';
import { Streams } from './streams.ts';

/** Answers one call with the members of its JSON answer, or throws an AwsError. */
type Operation = (streams: Streams, input: Input) => object;

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['DescribeStream', describeStream],
  ['DescribeStreamSummary', describeStreamSummary],
  ['GetRecords', getRecords],
  ['GetShardIterator', getShardIterator],
  ['ListShards', listShards],
  ['ListStreams', listStreams],
  ['PutRecord', putRecord],
  ['PutRecords', putRecords],
]);

/** Kinesis Data Streams in memory, with the limits of provisioned shards. One file per operation in `operations/`. */
export class Kinesis implements AwsService {
  readonly name = 'kinesis';
  readonly #streams: Streams;

  constructor({ clock, region }: { readonly clock: Clock; readonly region: string }) {
    this.#streams = new Streams(clock, region);
  }

  /** Makes a stream, at once ACTIVE; throws ResourceInUseException when the name is taken. */
  createStream(options: Omit<StreamOptions, 'clock'>): Stream {
    const stream = new Stream({ ...options, clock: this.#streams.clock });
    this.#streams.add(stream);
    return stream;
  }

  /** In the order of their names; with their shards and what went through them, for metrics. */
  streams(): readonly Stream[] {
    return this.#streams.list();
  }

  resourceArns(operation: string, input: Input): readonly string[] {
    if (!OPERATIONS.has(operation)) throw unknownOperation(operation);
    return resourceArns(this.#streams, operation, input);
  }

  async execute(operation: string, input: Input): Promise<object> {
    const run = OPERATIONS.get(operation);
    if (!run) throw unknownOperation(operation);
    if (input['DryRun'] === true) throw dryRun();
    return run(this.#streams, input);
  }
}
