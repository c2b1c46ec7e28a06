import * as z from 'zod';
import { arn } from '../arns.ts';
import { resourceType } from '../resource-type.ts';
import { flag, text, textMap, whole } from '../schema.ts';

export const cloudwatchLogGroup = resourceType({
  type: 'aws_cloudwatch_log_group',
  schema: z.strictObject({
    name: text,
    retention_in_days: whole.default(0),
    skip_destroy: flag.optional(),
    tags: textMap.optional(),
  }),
  computed: ({ name }, { region }) => ({ arn: arn('logs', region, `log-group:${name}`), id: name }),
});
