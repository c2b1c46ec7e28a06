import * as z from 'zod';
import { resourceType, stableId } from '../resource-type.ts';
import { text, whole } from '../schema.ts';

const INTEGRATION_ID_LENGTH = 7;
/** The longest an HTTP API waits, in milliseconds; it is also the default. */
const TIMEOUT_MAX_MS = 30_000;

export const apigatewayv2Integration = resourceType({
  type: 'aws_apigatewayv2_integration',
  schema: z.strictObject({
    api_id: text,
    integration_type: z.literal('AWS_PROXY'),
    integration_method: z.literal('POST').optional(),
    integration_uri: text,
    payload_format_version: z.literal('2.0'),
    timeout_milliseconds: whole.pipe(z.number().min(50).max(TIMEOUT_MAX_MS)).default(TIMEOUT_MAX_MS),
    description: text.optional(),
  }),
  computed: (_args, { address }) => ({ id: stableId(address, INTEGRATION_ID_LENGTH) }),
});
