import { Apigatewayv2Integration } from '@cdktn/provider-aws/lib/apigatewayv2-integration/index.js';
import { Apigatewayv2Route } from '@cdktn/provider-aws/lib/apigatewayv2-route/index.js';
import { LambdaPermission } from '@cdktn/provider-aws/lib/lambda-permission/index.js';
import { INTEGRATION_TIMEOUT_MS } from '../limits.ts';
import { addressed } from '../nodes/addressed.ts';
import type { HttpApi } from '../nodes/http-api.ts';
import type { LambdaFunction } from '../nodes/lambda-function.ts';

/** Sends a route (`GET /operations/{id}`) to a function, and lets this route, no other, invoke it. */
export function routeToFunction(api: HttpApi, routeKey: string, target: LambdaFunction): void {
  const integration = addressed(
    target.name,
    new Apigatewayv2Integration(target, 'integration', {
      apiId: api.resource.id,
      integrationType: 'AWS_PROXY',
      integrationUri: target.live.invokeArn,
      payloadFormatVersion: '2.0',
      timeoutMilliseconds: INTEGRATION_TIMEOUT_MS,
    }),
  );
  const route = addressed(
    target.name,
    new Apigatewayv2Route(target, 'route', {
      apiId: api.resource.id,
      routeKey,
      target: `integrations/${integration.id}`,
    }),
  );
  api.deployAfter(route);
  addressed(
    target.name,
    new LambdaPermission(target, 'permission', {
      action: 'lambda:InvokeFunction',
      principal: 'apigateway.amazonaws.com',
      functionName: target.resource.functionName,
      qualifier: target.live.name,
      sourceArn: `${api.resource.executionArn}/*/${routeKey.replace(' /', '/')}`,
    }),
  );
}
