import { describe, expect, test } from '@jest/globals';
import { mayInvoke, routeArn } from '../../local/http-api/permissions.ts';

describe('the permission to invoke', () => {
  const functionArn = 'arn:aws:lambda:eu-central-1:000000000000:function:operation-get';
  const route = {
    routeKey: 'GET /operations/{id}',
    functionName: 'operation-get',
    functionArn,
    timeoutMs: 1,
  };
  const sourceArn = routeArn('eu-central-1', 'abc', route.routeKey);
  const granted = {
    functionName: 'operation-get',
    action: 'lambda:InvokeFunction',
    principal: 'apigateway.amazonaws.com',
  };
  const source = (path: string) => `arn:aws:execute-api:eu-central-1:000000000000:abc/${path}`;

  test.each([
    ['for any source', granted, functionArn, true],
    [
      'for the route on any stage',
      { ...granted, sourceArn: source('*/GET/operations/{id}') },
      functionArn,
      true,
    ],
    ['for the whole API', { ...granted, sourceArn: source('*') }, functionArn, true],
    ['for another route', { ...granted, sourceArn: source('*/POST/users') }, functionArn, false],
    ['for another function', { ...granted, functionName: 'operation-create' }, functionArn, false],
    ['for another principal', { ...granted, principal: 's3.amazonaws.com' }, functionArn, false],
    ['for another action', { ...granted, action: 'lambda:GetFunction' }, functionArn, false],
    ['for the alias that is invoked', { ...granted, qualifier: 'live' }, `${functionArn}:live`, true],
    ['for the function, when its alias is invoked', granted, `${functionArn}:live`, false],
    ['for an alias, when the function is invoked', { ...granted, qualifier: 'live' }, functionArn, false],
  ])('%s', (_name, permission, invokedArn, allowed) => {
    expect(mayInvoke([permission], { ...route, functionArn: invokedArn }, sourceArn)).toBe(allowed);
  });

  test('there is none without one', () => {
    expect(mayInvoke([], route, sourceArn)).toBe(false);
  });
});
