import { ACCOUNT_ID } from '../gateway/call.ts';

/** The ARN of something in a Region, e.g. `arn('kinesis', 'us-east-1', 'stream/orders')`. */
export function arn(service: string, region: string, resource: string): string {
  return `arn:aws:${service}:${region}:${ACCOUNT_ID}:${resource}`;
}

const FUNCTION_ARN = /^arn:aws:lambda:[^:]+:\d{12}:function:([\w-]+)(?::([\w$-]+))?$/;
const INVOCATION = /:lambda:path\/[\d-]+\/functions\/(.+)\/invocations$/;

/** What API Gateway calls to invoke a function. */
export function invokeArn(functionArn: string, region: string): string {
  return `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
}

/** The function ARN inside an invoke ARN; a function ARN is returned as it is. */
export function functionArnOf(uri: string): string {
  return INVOCATION.exec(uri)?.[1] ?? uri;
}

/** The bare name in a function's name or ARN, with or without a version or alias. */
export function functionNameOf(nameOrArn: string): string {
  return FUNCTION_ARN.exec(nameOrArn)?.[1] ?? nameOrArn.split(':', 1)[0] ?? nameOrArn;
}
