import { KinesisStream } from '@cdktn/provider-aws/lib/kinesis-stream/index.js';
import { Construct } from 'constructs';
import { STREAM_RETENTION_H } from '../limits.ts';
import type { Variables } from '../variables.ts';
import { addressed } from './addressed.ts';

/** A Kinesis stream with provisioned shards. */
export class Stream extends Construct {
  readonly name: string;
  readonly resource: KinesisStream;

  constructor(scope: Construct, name: string, variables: Variables) {
    super(scope, `stream-${name}`);
    this.name = name;
    this.resource = addressed(
      name,
      new KinesisStream(this, 'stream', {
        name: `${variables.namePrefix}-${name}`,
        streamModeDetails: { streamMode: 'PROVISIONED' },
        shardCount: variables.shardCount,
        retentionPeriod: STREAM_RETENTION_H,
        // The AWS managed key's own policy admits every principal of this account that comes through Kinesis,
        // so the roles need no kms permission. Producers in another account would need a key of our own.
        encryptionType: 'KMS',
        kmsKeyId: 'alias/aws/kinesis',
      }),
    );
  }
}
