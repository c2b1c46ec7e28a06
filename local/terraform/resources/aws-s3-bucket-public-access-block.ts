import * as z from 'zod';
import { resourceType } from '../resource-type.ts';
import { flag, text } from '../schema.ts';

/** Read for its shape alone: local S3 knows no anonymous caller. */
export const s3BucketPublicAccessBlock = resourceType({
  type: 'aws_s3_bucket_public_access_block',
  schema: z.strictObject({
    bucket: text,
    block_public_acls: flag.default(false),
    block_public_policy: flag.default(false),
    ignore_public_acls: flag.default(false),
    restrict_public_buckets: flag.default(false),
  }),
  computed: ({ bucket }) => ({ id: bucket }),
});
