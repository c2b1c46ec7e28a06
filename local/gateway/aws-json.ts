import { AwsError } from './aws-error.ts';
import type { Input } from './call.ts';
import type { Refusal, Wire, WireRequest } from './wire.ts';

const ERROR_CONTENT_TYPE = 'application/x-amz-json-1.1';

const REFUSALS: Record<Refusal, readonly [code: string, message: string]> = {
  denied: ['AccessDeniedException', 'Access denied.'],
  'unknown-key': ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  'no-credentials': ['MissingAuthenticationTokenException', 'Request is missing Authentication Token'],
};

/** AWS JSON 1.0 (DynamoDB) and 1.1 (Kinesis): the operation is the tail of X-Amz-Target, the input is the body. */
export const awsJson: Wire = {
  read(request) {
    const target = request.headers['x-amz-target'];
    if (typeof target !== 'string') throw new AwsError('UnknownOperationException', whyUnread(request), 404);
    return { operation: target.slice(target.indexOf('.') + 1), input: parseInput(request.body) };
  },

  answer(request, _operation, output, requestId) {
    return {
      statusCode: 200,
      headers: {
        'content-type': request.headers['content-type'] ?? ERROR_CONTENT_TYPE,
        'x-amzn-requestid': requestId,
      },
      body: output === undefined ? '' : JSON.stringify(output),
    };
  },

  failure(_url, error, requestId) {
    return {
      statusCode: error.statusCode,
      headers: {
        'content-type': ERROR_CONTENT_TYPE,
        'x-amzn-requestid': requestId,
        'x-amzn-errortype': error.code,
      },
      body: JSON.stringify({ __type: error.code, message: error.message }),
    };
  },

  refuse(refusal, message) {
    const [code, text] = REFUSALS[refusal];
    return new AwsError(code, message ?? text);
  },
};

function parseInput(body: Buffer): Input {
  if (body.length === 0) return {};
  let input: unknown;
  try {
    input = JSON.parse(body.toString());
  } catch (error) {
    throw new AwsError('SerializationException', error instanceof Error ? error.message : 'not JSON');
  }
  if (input === null || typeof input !== 'object' || Array.isArray(input)) {
    throw new AwsError('SerializationException', 'Start of structure or map found where not expected.');
  }
  return input as Input;
}

function whyUnread({ headers }: WireRequest): string {
  const contentType = headers['content-type'] ?? 'no content type';
  return `The request has no X-Amz-Target. The local cloud speaks AWS JSON and, for S3, REST; not ${contentType}.`;
}
