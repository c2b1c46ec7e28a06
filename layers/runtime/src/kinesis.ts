import { KinesisClient, PutRecordCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { clientSettings, type Waiting } from './aws-client.ts';

export { type KinesisClient, PutRecordCommand, PutRecordsCommand };

export function createKinesisClient(waiting: Waiting): KinesisClient {
  return new KinesisClient(clientSettings(waiting));
}
