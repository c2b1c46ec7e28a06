import type { FunctionConfiguration } from '../lambda/lambda.ts';
import { functionArnOf, functionNameOf } from './arns.ts';
import { inStack } from './in-stack.ts';
import type { ResolvedStack } from './load.ts';
import { apigatewayv2Api } from './resources/aws-apigatewayv2-api.ts';
import { apigatewayv2Integration } from './resources/aws-apigatewayv2-integration.ts';
import { apigatewayv2Route } from './resources/aws-apigatewayv2-route.ts';
import { apigatewayv2Stage } from './resources/aws-apigatewayv2-stage.ts';
import type { PermissionDescription } from './stack.ts';

export interface RouteDescription {
  /** e.g. `GET /operations/{id}` */
  readonly routeKey: string;
  readonly functionName: string;
  /** As the integration names it, with its alias if it points to one. */
  readonly functionArn: string;
  readonly payloadFormatVersion: '2.0';
  readonly timeoutMs: number;
}

export interface HttpApiDescription {
  readonly apiId: string;
  readonly name: string;
  /** The URL it would have on AWS; outputs hold it, and the host replaces it by its own. */
  readonly endpoint: string;
  readonly routes: readonly RouteDescription[];
  readonly throttling: { readonly rateLimit: number; readonly burstLimit: number };
  /** Who may invoke the functions its routes lead to. */
  readonly permissions: readonly PermissionDescription[];
}

/** The account's own limits, which hold where a stage sets none ("Quotas for HTTP APIs"). */
const RATE_LIMIT_DEFAULT = 10_000;
const BURST_LIMIT_DEFAULT = 5_000;

export function httpApisOf(
  stack: ResolvedStack,
  functions: readonly FunctionConfiguration[],
  permissions: readonly PermissionDescription[],
): HttpApiDescription[] {
  return stack.of(apigatewayv2Api).map(({ address, attributes: { id, name, api_endpoint } }) => {
    const stage = stack.of(apigatewayv2Stage).find(({ attributes }) => attributes.api_id === id);
    const settings = inStack(stage, address, 'its stage').attributes.default_route_settings;
    const routes = routesOf(stack, id, functions);
    const names = new Set(routes.map(({ functionName }) => functionName));
    return {
      apiId: id,
      name,
      endpoint: api_endpoint,
      routes,
      throttling: {
        rateLimit: settings?.throttling_rate_limit ?? RATE_LIMIT_DEFAULT,
        burstLimit: settings?.throttling_burst_limit ?? BURST_LIMIT_DEFAULT,
      },
      permissions: permissions.filter(({ functionName }) => names.has(functionName)),
    };
  });
}

function routesOf(
  stack: ResolvedStack,
  apiId: string,
  functions: readonly FunctionConfiguration[],
): RouteDescription[] {
  const integrations = new Map(
    stack.of(apigatewayv2Integration).map(({ attributes }) => [`integrations/${attributes.id}`, attributes]),
  );
  const routes = stack.of(apigatewayv2Route).filter(({ attributes }) => attributes.api_id === apiId);
  return routes.map(({ address, attributes: { route_key, target } }) => {
    const integration = inStack(integrations.get(target), `${address}.target`, target);
    const functionArn = functionArnOf(integration.integration_uri);
    const functionName = functionNameOf(functionArn);
    const isKnown = functions.some((configuration) => configuration.functionName === functionName);
    inStack(isKnown || undefined, `${address}.target`, functionArn);
    return {
      routeKey: route_key,
      functionName,
      functionArn,
      payloadFormatVersion: integration.payload_format_version,
      timeoutMs: integration.timeout_milliseconds,
    };
  });
}
