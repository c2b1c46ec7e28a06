import * as z from 'zod';
import { resourceType } from '../resource-type.ts';
import { block, blocks, text, whole } from '../schema.ts';

/** Read for its shape alone: nothing local lives as long as a lifecycle rule counts. */
export const s3BucketLifecycleConfiguration = resourceType({
  type: 'aws_s3_bucket_lifecycle_configuration',
  schema: z.strictObject({
    bucket: text,
    rule: blocks({
      id: text,
      status: z.enum(['Enabled', 'Disabled']),
      filter: block({ prefix: text.optional() }).optional(),
      expiration: block({ days: whole }).optional(),
      abort_incomplete_multipart_upload: block({ days_after_initiation: whole }).optional(),
    }),
  }),
  computed: ({ bucket }) => ({ id: bucket }),
});
