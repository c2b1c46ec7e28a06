import { ACCOUNT_ID } from '../gateway/call.ts';
import { compileWildcard } from '../gateway/wildcard.ts';
import type { Route } from './routes.ts';

/** One statement of a function's resource-based policy, as `aws_lambda_permission` writes it. */
export interface LambdaPermission {
  readonly functionName: string;
  /** Alias or version; a permission without one is for the unqualified function only. */
  readonly qualifier?: string;
  readonly action: string;
  readonly principal: string;
  /** May hold wildcards; anything where absent. */
  readonly sourceArn?: string;
}

const API_GATEWAY = 'apigateway.amazonaws.com';
const INVOKE_ACTIONS = ['lambda:invokefunction', 'lambda:*'];
const QUALIFIER_AT = 7;

/** The ARN by which API Gateway presents itself when it invokes for a route; the stage is always `$default`. */
export function routeArn(region: string, apiId: string, routeKey: string): string {
  return `arn:aws:execute-api:${region}:${ACCOUNT_ID}:${apiId}/$default/${routeKey.replace(' ', '')}`;
}

/** Whether API Gateway may invoke a route's function, with the very qualifier that the route names. */
export function mayInvoke(
  permissions: readonly LambdaPermission[],
  route: Route,
  sourceArn: string,
): boolean {
  const qualifier = route.functionArn.split(':')[QUALIFIER_AT];
  return permissions.some(
    (permission) =>
      permission.functionName === route.functionName &&
      permission.qualifier === qualifier &&
      permission.principal === API_GATEWAY &&
      INVOKE_ACTIONS.includes(permission.action.toLowerCase()) &&
      compileWildcard(permission.sourceArn ?? '*')(sourceArn),
  );
}
