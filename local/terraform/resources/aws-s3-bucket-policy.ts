import * as z from 'zod';
import { resourceType } from '../resource-type.ts';
import { jsonObject, text } from '../schema.ts';

/** Read for its shape alone: a policy that demands TLS would shut out everyone on loopback. */
export const s3BucketPolicy = resourceType({
  type: 'aws_s3_bucket_policy',
  schema: z.strictObject({ bucket: text, policy: jsonObject }),
  computed: ({ bucket }) => ({ id: bucket }),
});
