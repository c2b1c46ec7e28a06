import * as z from 'zod';
import { arn } from '../arns.ts';
import { resourceType, stableId } from '../resource-type.ts';
import { text, textMap } from '../schema.ts';

const API_ID_LENGTH = 10;

export const apigatewayv2Api = resourceType({
  type: 'aws_apigatewayv2_api',
  schema: z.strictObject({
    name: text,
    protocol_type: z.literal('HTTP'),
    description: text.optional(),
    tags: textMap.optional(),
  }),
  computed: (_args, { address, region }) => {
    const id = stableId(address, API_ID_LENGTH);
    return {
      id,
      arn: `arn:aws:apigateway:${region}::/apis/${id}`,
      api_endpoint: `https://${id}.execute-api.${region}.amazonaws.com`,
      execution_arn: arn('execute-api', region, id),
    };
  },
});
