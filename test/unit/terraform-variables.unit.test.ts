import { afterAll, describe, expect, test } from '@jest/globals';
import { describeStack } from '../../local/terraform/stack.ts';
import { type Json, ref, type Sources, TerraformFolder } from '../helpers/terraform-fixtures.ts';

const folder = new TerraformFolder();
afterAll(() => folder.remove());

describe('variables', () => {
  const variable = {
    shards: {
      type: 'number',
      default: 4,
      validation: { condition: ref('var.shards > 0'), error_message: 'Too few.' },
    },
    name: { type: 'string', default: 'orders' },
    is_on: { type: 'bool', default: false },
    untyped: { default: 'a' },
  };
  const output = Object.fromEntries(
    Object.keys(variable).map((name) => [name, { value: ref(`var.${name}`) }]),
  );
  const values = (sources?: Sources) =>
    Object.fromEntries(folder.load({ variable, output }, sources).outputs);

  test('have their defaults', () => {
    expect(values()).toEqual({ shards: 4, name: 'orders', is_on: false, untyped: 'a' });
  });

  test('are converted by their declared type', () => {
    expect(values({ variables: { shards: '50', name: '50', is_on: 'true', untyped: '5' } })).toEqual({
      shards: 50,
      name: '50',
      is_on: true,
      untyped: '5',
    });
    expect(values({ variables: { shards: '1.5e2', is_on: '1' } })).toMatchObject({
      shards: 150,
      is_on: true,
    });
  });

  test('a default is converted too', () => {
    const typed = {
      variable: { n: { type: 'number', default: '7' } },
      output: { n: { value: ref('var.n') } },
    };
    expect(Object.fromEntries(folder.load(typed).outputs)).toEqual({ n: 7 });
  });

  test('--var wins over TF_VAR_, which wins over the default; the rest of the environment is not read', () => {
    const environment = { TF_VAR_shards: '8', TF_VAR_name: 'from-env', TF_VAR_elsewhere: 'x', shards: '9' };
    expect(values({ variables: { shards: '16' }, environment })).toMatchObject({
      shards: 16,
      name: 'from-env',
    });
  });

  test('null leaves the argument out, so that its default holds', () => {
    const stack = folder.load({
      variable: { hours: { type: 'number', default: null } },
      resource: {
        aws_kinesis_stream: { s: { name: 's', shard_count: 1, retention_period: ref('var.hours') } },
      },
    });
    expect(describeStack(stack).streams[0]?.retentionHours).toBe(24);
  });

  test.each<[string, Json, Sources, string]>([
    [
      'an unknown one',
      variable,
      { variables: { shard: '1' } },
      'var.shard: the stack declares no such variable; it has shards,',
    ],
    [
      'one named like a property of every object',
      variable,
      { variables: { toString: '1' } },
      'var.toString: the stack declares no',
    ],
    ['not a number', variable, { variables: { shards: 'many' } }, 'var.shards: must be a number, not "many"'],
    [
      'an empty number',
      variable,
      { environment: { TF_VAR_shards: '' } },
      'var.shards: must be a number, not ""',
    ],
    ['not a bool', variable, { variables: { is_on: 'yes' } }, 'var.is_on: must be true or false, not "yes"'],
    ['a failed validation', variable, { variables: { shards: '0' } }, 'var.shards: Too few.'],
    ['no value', { shards: { type: 'number' } }, {}, 'var.shards: has no value; give it by --var shards='],
    ['null where it must not be', { n: { default: null, nullable: false } }, {}, 'var.n: must not be null'],
    [
      'a type beyond what is read',
      { n: { type: 'list(string)', default: 'a' } },
      {},
      'var.n: is of type list(string); ',
    ],
    ['a default beyond what is read', { n: { default: ['a'] } }, {}, 'var.n: only string, number and bool'],
  ])('%s is refused', (_what, declared, sources, expected) => {
    expect(folder.problem({ variable: declared }, sources)).toContain(expected);
  });
});
