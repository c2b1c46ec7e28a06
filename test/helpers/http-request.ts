import type { HttpRequest } from '@shardbound/runtime/http';

interface Parts {
  readonly body?: string | undefined;
  readonly isBase64Encoded?: boolean;
  readonly headers?: Record<string, string>;
  readonly pathParameters?: Record<string, string>;
  /** The subject of the caller's JWT, where there is an authorizer. */
  readonly sub?: string;
}

/** A request as API Gateway's payload format 2.0 hands it to a function, as far as the functions read it. */
export function httpRequest(routeKey: string, { sub, ...parts }: Parts): HttpRequest {
  const requestContext = {
    routeKey,
    ...(sub === undefined ? {} : { authorizer: { jwt: { claims: { sub } } } }),
  };
  return {
    version: '2.0',
    routeKey,
    headers: {},
    isBase64Encoded: false,
    ...parts,
    requestContext,
  } as HttpRequest;
}
