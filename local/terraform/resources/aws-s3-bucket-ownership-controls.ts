import * as z from 'zod';
import { resourceType } from '../resource-type.ts';
import { block, text } from '../schema.ts';

/** Read for its shape alone: local S3 has no access lists to turn off. */
export const s3BucketOwnershipControls = resourceType({
  type: 'aws_s3_bucket_ownership_controls',
  schema: z.strictObject({
    bucket: text,
    rule: block({ object_ownership: z.literal('BucketOwnerEnforced') }),
  }),
  computed: ({ bucket }) => ({ id: bucket }),
});
