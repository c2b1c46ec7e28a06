/** The OpenAPI 3.1 document, made from the schemas that validate; `npm run openapi` writes docs/openapi.json. */
import { writeFile } from 'node:fs/promises';
import { newUserSchema } from '@shardbound/runtime/events';
import { RETRY_AFTER_S } from '@shardbound/runtime/http';
import { REQUEST } from '@shardbound/runtime/limits';
import * as z from 'zod';
import { createDocument } from 'zod-openapi';
import { operationViewSchema, problemSchema } from './answer-schemas.ts';

const retryAfter = {
  'Retry-After': {
    description: 'Seconds to wait.',
    schema: { type: 'string' as const, const: String(RETRY_AFTER_S) },
  },
};
const location = {
  Location: { description: 'Where the operation is: /operations/{id}.', schema: { type: 'string' as const } },
};
const operation = { 'application/json': { schema: operationViewSchema } };
const gatewayAnswer = {
  'application/json': { schema: z.object({ message: z.string() }).meta({ id: 'GatewayAnswer' }) },
};

const problemAnswer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

const gatewayAnswers = {
  429: { description: 'Too many requests, says API Gateway.', content: gatewayAnswer },
  500: { description: 'A bug, says API Gateway.', content: gatewayAnswer },
};

const unavailable = {
  description:
    'Kinesis or DynamoDB cannot take it now; with a Location the operation is stored and its event may have landed: ' +
    'send the request again with the same Idempotency-Key. API Gateway answers 503 with a body of its own when a function takes too long.',
  headers: { ...retryAfter, ...location },
  content: { 'application/problem+json': { schema: problemSchema }, ...gatewayAnswer },
};

export function openApiDocument() {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Shardbound',
      version: '1.0.0',
      description:
        'Create users asynchronously: POST answers 202 with an operation; poll the operation until it settles.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: {
      '/users': {
        post: {
          operationId: 'createUser',
          summary: 'Ask for a user',
          requestParams: {
            header: z.object({
              'idempotency-key': z.string().min(1).max(REQUEST.idempotencyKeyCharactersMax).optional().meta({
                description:
                  'Visible ASCII, with or without quotes. The same key with the same values names the same operation for 24 hours.',
              }),
            }),
          },
          requestBody: { required: true, content: { 'application/json': { schema: newUserSchema } } },
          responses: {
            202: {
              description: 'Accepted: the event is in Kinesis.',
              headers: { ...location, ...retryAfter },
              content: operation,
            },
            400: problemAnswer('Not JSON, or fields that do not fit: each is named by JSON pointer.'),
            413: problemAnswer(`The body has more than ${REQUEST.bodyBytesMax} bytes.`),
            415: problemAnswer('The body is not application/json.'),
            422: problemAnswer('The Idempotency-Key was used with other values.'),
            ...gatewayAnswers,
            503: unavailable,
          },
        },
      },
      '/operations/{id}': {
        get: {
          operationId: 'getOperation',
          summary: 'See how an operation stands',
          requestParams: { path: z.object({ id: z.string() }) },
          responses: {
            200: {
              description: 'The operation; Retry-After while it is pending.',
              headers: retryAfter,
              content: operation,
            },
            404: problemAnswer("Unknown, malformed or somebody else's: the same answer, byte for byte."),
            ...gatewayAnswers,
            503: unavailable,
          },
        },
      },
    },
  });
}

export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(), null, 2)}\n`;
}

if (import.meta.main) {
  await writeFile(new URL('../../docs/openapi.json', import.meta.url), openApiText());
}
