import * as z from 'zod';
import { resourceType, stableId } from '../resource-type.ts';
import { text } from '../schema.ts';

const ROUTE_ID_LENGTH = 7;

export const apigatewayv2Route = resourceType({
  type: 'aws_apigatewayv2_route',
  schema: z.strictObject({
    api_id: text,
    route_key: text,
    target: text.pipe(z.string().startsWith('integrations/', 'must be integrations/<id>')),
    authorization_type: z.literal('NONE').optional(),
  }),
  computed: (_args, { address }) => ({ id: stableId(address, ROUTE_ID_LENGTH) }),
});
