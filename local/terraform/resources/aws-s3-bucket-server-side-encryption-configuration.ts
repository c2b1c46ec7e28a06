import * as z from 'zod';
import { resourceType } from '../resource-type.ts';
import { block, blocks, flag, text } from '../schema.ts';

/** Read for its shape alone: local objects are in memory, as they are. */
export const s3BucketServerSideEncryptionConfiguration = resourceType({
  type: 'aws_s3_bucket_server_side_encryption_configuration',
  schema: z.strictObject({
    bucket: text,
    rule: blocks({
      apply_server_side_encryption_by_default: block({
        sse_algorithm: z.enum(['AES256', 'aws:kms']),
        kms_master_key_id: text.optional(),
      }),
      bucket_key_enabled: flag.optional(),
    }),
  }),
  computed: ({ bucket }) => ({ id: bucket }),
});
