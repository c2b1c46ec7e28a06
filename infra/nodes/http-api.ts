import { Apigatewayv2Api } from '@cdktn/provider-aws/lib/apigatewayv2-api/index.js';
import type { Apigatewayv2Route } from '@cdktn/provider-aws/lib/apigatewayv2-route/index.js';
import { Apigatewayv2Stage } from '@cdktn/provider-aws/lib/apigatewayv2-stage/index.js';
import { dependable } from 'cdktn';
import { Construct } from 'constructs';
import type { Variables } from '../variables.ts';
import { addressed } from './addressed.ts';

/** API Gateway's HTTP API with the one stage `$default`, which adds nothing to the URL. */
export class HttpApi extends Construct {
  readonly resource: Apigatewayv2Api;
  readonly #stage: Apigatewayv2Stage;

  constructor(scope: Construct, name: string, variables: Variables) {
    super(scope, `http-api-${name}`);
    this.resource = addressed(
      name,
      new Apigatewayv2Api(this, 'api', { name: `${variables.namePrefix}-${name}`, protocolType: 'HTTP' }),
    );
    this.#stage = addressed(
      name,
      new Apigatewayv2Stage(this, 'stage', {
        apiId: this.resource.id,
        name: '$default',
        autoDeploy: true,
        defaultRouteSettings: {
          throttlingRateLimit: variables.throttleRateLimit,
          throttlingBurstLimit: variables.throttleBurstLimit,
        },
      }),
    );
  }

  /** The stage must come after its routes: its settings fail for a route that is not there yet. */
  deployAfter(route: Apigatewayv2Route): void {
    this.#stage.dependsOn = [...(this.#stage.dependsOn ?? []), dependable(route)];
  }
}
