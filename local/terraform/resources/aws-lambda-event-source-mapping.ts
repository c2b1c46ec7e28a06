import * as z from 'zod';
import { arn, functionNameOf } from '../arns.ts';
import { resourceType, stableUuid } from '../resource-type.ts';
import { block, flag, text, textMap, whole } from '../schema.ts';

/** Lambda's way to say that a bound is off. */
const UNBOUNDED = -1;

export const lambdaEventSourceMapping = resourceType({
  type: 'aws_lambda_event_source_mapping',
  schema: z.strictObject({
    event_source_arn: text.pipe(
      z.string().startsWith('arn:aws:kinesis:', 'must be the ARN of a Kinesis stream'),
    ),
    function_name: text,
    enabled: flag.default(true),
    starting_position: z.enum(['TRIM_HORIZON', 'LATEST']),
    batch_size: whole.pipe(z.number().min(1).max(10_000)).default(100),
    maximum_batching_window_in_seconds: whole.pipe(z.number().min(0).max(300)).default(0),
    parallelization_factor: whole.pipe(z.number().min(1).max(10)).default(1),
    maximum_record_age_in_seconds: whole
      .pipe(z.number().max(604_800))
      .refine((age) => age === UNBOUNDED || age >= 60, 'must be -1 or at least 60')
      .default(UNBOUNDED),
    maximum_retry_attempts: whole.pipe(z.number().min(UNBOUNDED).max(10_000)).default(UNBOUNDED),
    bisect_batch_on_function_error: flag.default(false),
    function_response_types: z.array(z.literal('ReportBatchItemFailures')).max(1).default([]),
    destination_config: block({
      on_failure: block({
        destination_arn: text.pipe(z.string().startsWith('arn:aws:s3:::', 'must be the ARN of an S3 bucket')),
      }),
    }).optional(),
    metrics_config: block({ metrics: z.array(z.literal('EventCount')) }).optional(),
    tags: textMap.optional(),
  }),
  computed: ({ function_name }, { address, region }) => {
    const uuid = stableUuid(address);
    return {
      uuid,
      id: uuid,
      arn: arn('lambda', region, `event-source-mapping:${uuid}`),
      function_arn: function_name.startsWith('arn:')
        ? function_name
        : arn('lambda', region, `function:${functionNameOf(function_name)}`),
    };
  },
});
