import * as z from 'zod';
import { arn } from '../arns.ts';
import { resourceType } from '../resource-type.ts';
import { block, text, textMap, whole } from '../schema.ts';

export const kinesisStream = resourceType({
  type: 'aws_kinesis_stream',
  schema: z.strictObject({
    name: text,
    // On-demand streams choose their own shards; only provisioned ones are simulated.
    stream_mode_details: block({ stream_mode: z.literal('PROVISIONED') }).optional(),
    shard_count: whole.pipe(z.number().min(1)),
    retention_period: whole.pipe(z.number().min(24).max(8760)).default(24),
    encryption_type: z.enum(['NONE', 'KMS']).default('NONE'),
    kms_key_id: text.optional(),
    tags: textMap.optional(),
  }),
  computed: ({ name }, { region }) => {
    const streamArn = arn('kinesis', region, `stream/${name}`);
    return { arn: streamArn, id: streamArn };
  },
});
