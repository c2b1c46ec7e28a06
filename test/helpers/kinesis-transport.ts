import { KinesisClient } from '@aws-sdk/client-kinesis';

export interface PutRecordsBody {
  readonly StreamName: string;
  readonly Records: readonly { readonly Data: string; readonly PartitionKey: string }[];
}

interface WireRequest {
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

/** What the far end does with a request: a body to answer with, an error status, or a throw for a broken connection. */
export type Answer = { readonly statusCode?: number; readonly body: unknown };

/** The real SDK client on a transport of the test's own: what it sends and how it retries is the SDK's. */
export function kinesisClientOn(answer: (body: PutRecordsBody) => Answer | Promise<Answer>): KinesisClient {
  return new KinesisClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: WireRequest) => {
        const text = typeof request.body === 'string' ? request.body : new TextDecoder().decode(request.body);
        const { statusCode = 200, body } = await answer(JSON.parse(text) as PutRecordsBody);
        const bytes = Buffer.from(JSON.stringify(body));
        return {
          response: {
            statusCode,
            headers: { 'content-type': 'application/x-amz-json-1.1', 'content-length': String(bytes.length) },
            body: bytes,
          },
        };
      },
    } as never,
  });
}
