// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Terraform's templates, not JavaScript's.
import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../local/terraform/evaluate.ts';
import { ExpressionError, parseExpression } from '../../local/terraform/expression.ts';
import { renderTemplate } from '../../local/terraform/template.ts';
import type { Value } from '../../local/terraform/value.ts';

const VALUES: Record<string, Value> = {
  'var.shards': 4,
  'var.name': 'orders',
  'var.is-on': true,
  'var.none': null,
  'aws_kinesis_stream.user-create.arn': 'arn:1',
};

function lookup(path: readonly string[]): Value {
  const value = VALUES[path.join('.')];
  if (value === undefined) throw new Error(`no ${path.join('.')}`);
  return value;
}

const value = (text: string) => evaluate(parseExpression(text), lookup);

describe('an expression', () => {
  test.each<[string, Value]>([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['100 / 8', 12.5],
    ['17 % 5', 2],
    ['-2 * -3', 6],
    ['1.5e3', 1500],
    ['ceil(100 / 30) * 10 < 50', true],
    ['floor(1.5) == 1.5', false],
    ['1 < 2 && 2 < 3', true],
    ['false && true || true', true],
    ['true || false && false', true],
    ['!true', false],
    ['!!true', true],
    ['1 + 1 == 2', true],
    ['"a" != "b"', true],
    ['"1" == 1', false],
    ['var.none == null', true],
    ['var.shards >= 4', true],
    ['var.is-on ? "yes" : "no"', 'yes'],
    ['false ? 1 : true ? 2 : 3', 2],
    ['contains(["a", var.name], "orders")', true],
    ['contains([1, 2,], 3)', false],
    ['contains([], "a")', false],
    ['length("orders")', 6],
    ['length("e\u0301")', 1],
    ['length([1, 2])', 2],
    ['can(regex("^[a-z]+$", var.name))', true],
    ['can(regex("^[0-9]+$", var.name))', false],
    ['regex("[a-c]+", "xxabcx")', 'abc'],
    ['regex("(x+)(a)", "xxabcx")', ['xx', 'a']],
    ['aws_kinesis_stream.user-create.arn', 'arn:1'],
    ['"a \\"quoted\\" word"', 'a "quoted" word'],
    ['[1, "a", true, null]', [1, 'a', true, null]],
  ])('%s is %j', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  test('what is not reached is not worked out', () => {
    expect(value('false && var.unknown')).toBe(false);
    expect(value('true || var.unknown')).toBe(true);
    expect(value('true ? 1 : var.unknown')).toBe(1);
  });

  test('can forgives what does not match, not what is not there', () => {
    expect(() => value('can(var.unknown)')).toThrow('no var.unknown');
  });

  test.each([
    ['', 'unexpected the end'],
    ['1 +', 'unexpected the end'],
    ['1 2', 'unexpected 2'],
    ['(1', 'expected ) but found the end'],
    ['true ? 1', 'expected : but found the end'],
    ['var.', 'unexpected the end'],
    ['var.list[0]', 'unexpected ['],
    ['var.list.*.id', 'unexpected *'],
    ['[for x in var.list : x]', 'expected , but found x'],
    ['{ a = 1 }', 'cannot read "{ a = 1 }"'],
    ['"${var.name}"', 'the template inside "${var.name}" cannot be read'],
    ['1 = 1', 'cannot read "= 1"'],
    ['jsonencode("a")', 'the function jsonencode is not known'],
    ['ceil(1, 2)', 'ceil takes 1 arguments'],
    ['ceil("1")', '"1" is not a number'],
    ['"a" + 1', '"a" is not a number'],
    ['var.none + 1', 'null is not a number'],
    ['!1', '1 is not true or false'],
    ['1 && true', '1 is not true or false'],
    ['true && 1', '1 is not true or false'],
    ['1 ? 2 : 3', '1 is not true or false'],
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'division by zero'],
    ['[1] == [1]', 'only simple values can be compared'],
    ['contains("abc", "a")', '"abc" is not a list'],
    [`${'('.repeat(60)}1${')'.repeat(60)}`, 'nested deeper than 50'],
  ])('%s is refused', (text, problem) => {
    expect(() => value(text)).toThrow(ExpressionError);
    expect(() => value(text)).toThrow(problem);
  });
});

describe('a template', () => {
  test.each<[string, Value]>([
    ['plain', 'plain'],
    ['', ''],
    ['${var.shards}', 4],
    ['${var.is-on}', true],
    ['${var.none}', null],
    ['${[1, 2]}', [1, 2]],
    ['${var.shards} shards', '4 shards'],
    ['${var.name}/${var.shards}', 'orders/4'],
    ['is ${var.is-on}', 'is true'],
    ['$${var.name} %%{if}', '${var.name} %{if}'],
    ['costs $5, 10 %', 'costs $5, 10 %'],
    ['$default', '$default'],
    ['{"a":"${var.name}"}', '{"a":"orders"}'],
    ['${"}"}', '}'],
    ['${"a \\" }"} b', 'a " } b'],
  ])('%s gives %j', (template, expected) => {
    expect(renderTemplate(template, lookup)).toEqual(expected);
  });

  test.each([
    ['${var.name', 'a ${ is never closed'],
    ['%{ if true }a%{ endif }', 'a template directive (%{…}) cannot be read'],
    ['a ${var.none}', 'null cannot stand inside text'],
    ['a ${[1]}', '[1] cannot stand inside text'],
    ['a ${}', 'unexpected the end'],
  ])('%s is refused', (template, problem) => {
    expect(() => renderTemplate(template, lookup)).toThrow(problem);
  });
});
