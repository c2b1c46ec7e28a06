import { AwsError } from '../gateway/aws-error.ts';
import { ACCOUNT_ID } from '../gateway/call.ts';

/** The errors Kinesis answers with, in its own words. What a message must name is a parameter. */

export const invalidArgument = (message: string): AwsError =>
  new AwsError('InvalidArgumentException', message);

export const validation = (faults: readonly string[]): AwsError =>
  new AwsError(
    'ValidationException',
    `${faults.length} validation error${faults.length > 1 ? 's' : ''} detected: ${faults.join('; ')}`,
  );

export const serialization = (message: string): AwsError => new AwsError('SerializationException', message);

export const streamNotFound = (streamName: string): AwsError =>
  new AwsError('ResourceNotFoundException', `Stream ${streamName} under account ${ACCOUNT_ID} not found.`);

export const shardNotFound = (shardId: string, streamName: string): AwsError =>
  new AwsError(
    'ResourceNotFoundException',
    `Shard ${shardId} in stream ${streamName} under account ${ACCOUNT_ID} does not exist`,
  );

/** The text alone, as PutRecords repeats it for each entry that its shard refused. */
export const rateExceededMessage = (shardId: string, streamName: string): string =>
  `Rate exceeded for shard ${shardId} in stream ${streamName} under account ${ACCOUNT_ID}.`;

export const RATE_EXCEEDED = 'ProvisionedThroughputExceededException';

export const rateExceeded = (shardId: string, streamName: string): AwsError =>
  new AwsError(RATE_EXCEEDED, rateExceededMessage(shardId, streamName));

export const unknownOperation = (operation: string): AwsError =>
  new AwsError('UnknownOperationException', `The local cloud does not know kinesis:${operation}.`);

export const dryRun = (): AwsError =>
  new AwsError('DryRunOperationException', 'The request was rejected because DryRun was specified.');
