import * as z from 'zod';
import { resourceType } from '../resource-type.ts';
import { flag, text, textMap } from '../schema.ts';

export const s3Bucket = resourceType({
  type: 'aws_s3_bucket',
  schema: z
    .strictObject({
      bucket: text.optional(),
      bucket_prefix: text.optional(),
      force_destroy: flag.optional(),
      tags: textMap.optional(),
    })
    .refine(
      ({ bucket, bucket_prefix }) => (bucket === undefined) !== (bucket_prefix === undefined),
      'needs bucket or bucket_prefix, and not both',
    ),
  computed: ({ bucket, bucket_prefix }, { region }) => {
    const name = bucket ?? `${bucket_prefix}local`;
    return {
      arn: `arn:aws:s3:::${name}`,
      id: name,
      bucket: name,
      bucket_domain_name: `${name}.s3.amazonaws.com`,
      bucket_regional_domain_name: `${name}.s3.${region}.amazonaws.com`,
    };
  },
});
