import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { openApiText } from '../../functions/operation-service/openapi.ts';

test('docs/openapi.json is what the schemas say; npm run openapi writes it', async () => {
  expect(await readFile('docs/openapi.json', 'utf8')).toBe(openApiText());
});
