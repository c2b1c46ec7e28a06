import * as z from 'zod';
import { resourceType } from '../resource-type.ts';
import { block, flag, number, text, textMap, whole } from '../schema.ts';

export const apigatewayv2Stage = resourceType({
  type: 'aws_apigatewayv2_stage',
  schema: z.strictObject({
    api_id: text,
    // A named stage would put its name into every path.
    name: z.literal('$default'),
    auto_deploy: flag.pipe(z.literal(true, 'must be true: deployments are not simulated')),
    default_route_settings: block({
      throttling_rate_limit: number.optional(),
      throttling_burst_limit: whole.optional(),
      detailed_metrics_enabled: flag.optional(),
    }).optional(),
    description: text.optional(),
    tags: textMap.optional(),
  }),
  computed: ({ name }) => ({ id: name }),
});
