import { EventEmitter } from 'node:events';
import dynalite from 'dynalite';
import { AwsError } from '../gateway/aws-error.ts';
import type { Input } from '../gateway/call.ts';

/** Runs one DynamoDB operation; rejects with the AwsError that dynalite answered. */
export type Dynalite = (operation: string, input: Input) => Promise<unknown>;

/** The request has passed the gateway's IAM; dynalite only wants to see that there is a signature. */
const HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '20260101T000000Z',
  authorization: 'AWS4-HMAC-SHA256 Credential=gateway, SignedHeaders=host, Signature=checked',
};

/**
 * dynalite without a socket: each operation is a request of our own, its body whole, emitted on a server that never
 * listens. A live socket would not do: dynalite ends the process when a client resets one in mid-body.
 */
export function createDynalite(region: string): Dynalite {
  const server = inRegion(region, () => dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }));

  return (operation, input) =>
    new Promise((resolve, reject) => {
      const request = Object.assign(new EventEmitter(), {
        method: 'POST',
        url: '/',
        headers: { ...HEADERS, 'x-amz-target': `DynamoDB_20120810.${operation}` },
      });
      const response = {
        statusCode: 200,
        setHeader: () => {},
        end: (body: string) => {
          const output: unknown = JSON.parse(body);
          if (response.statusCode === 200) resolve(output);
          else reject(toAwsError(output, response.statusCode));
        },
      };
      server.emit('request', request, response);
      request.emit('data', Buffer.from(JSON.stringify(input)));
      request.emit('end');
    });
}

/** dynalite takes the region of its ARNs from the environment, and only while it is being made. */
function inRegion<T>(region: string, make: () => T): T {
  const before = process.env['AWS_REGION'];
  process.env['AWS_REGION'] = region;
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env['AWS_REGION'];
    else process.env['AWS_REGION'] = before;
  }
}

/** Its `__type` is `<namespace>#<code>`; the message's key is spelt both ways. */
function toAwsError(output: unknown, statusCode: number): AwsError {
  const { __type: type, message, Message } = output as { __type: string; message?: string; Message?: string };
  return new AwsError(type.slice(type.indexOf('#') + 1), message ?? Message ?? '', statusCode);
}
