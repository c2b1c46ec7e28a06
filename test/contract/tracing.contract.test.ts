import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startHop } from '@shardbound/runtime/tracing';
import { operationId } from '../helpers/records.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

/** Stands where the X-Ray daemon would: segments come in over UDP, a header line and JSON. */
let daemon: Socket;
const segments: Record<string, unknown>[] = [];

beforeAll(async () => {
  daemon = createSocket('udp4', (message) => {
    const [, segment = '{}'] = message.toString().split('\n');
    segments.push(JSON.parse(segment) as Record<string, unknown>);
  });
  // As on Lambda, where the SDK would turn its automatic mode on whatever it was told.
  process.env['LAMBDA_TASK_ROOT'] = '/var/task';
  daemon.bind(0, '127.0.0.1');
  await once(daemon, 'listening');
  process.env['AWS_XRAY_DAEMON_ADDRESS'] = `127.0.0.1:${(daemon.address() as AddressInfo).port}`;
});

afterAll(() => {
  daemon.close();
});

async function received(count: number): Promise<void> {
  while (segments.length < count) await once(daemon, 'message');
}

describe('tracing', () => {
  test('a sampled hop is a segment under its parent, and the parent of the hop after it', async () => {
    const first = await startHop('user-create', `00-${TRACE}-${PARENT}-01`, operationId(1));
    const second = await startHop('user-approve', first.traceparent, operationId(1));
    second.end(new Error('reviewer away'));
    first.end();
    await received(2);
    const byName = new Map(segments.map((segment) => [segment['name'], segment]));
    const created = byName.get('user-create');
    expect(created).toMatchObject({
      trace_id: `1-${TRACE.slice(0, 8)}-${TRACE.slice(8)}`,
      parent_id: PARENT,
      annotations: { operation: operationId(1) },
    });
    expect(byName.get('user-approve')).toMatchObject({ parent_id: created?.['id'], fault: true });
    expect(first.traceparent).toBe(`00-${TRACE}-${created?.['id']}-01`);
  });

  test('sampling leaves no hook on every promise behind, as the automatic mode of the SDK would', async () => {
    const hop = await startHop('user-create', `00-${TRACE}-${PARENT}-01`, operationId(1));
    hop.end();
    const { namespaces = {} } = process as unknown as { namespaces?: Record<string, unknown> };
    expect(Object.keys(namespaces).filter((name) => namespaces[name])).toEqual([]);
    expect(process.env['LAMBDA_TASK_ROOT']).toBe('/var/task');
    await received(segments.length + 1);
  });

  test.each([`00-${TRACE}-${PARENT}-00`, 'nonsense'])(
    'an unsampled hop (%s) hands the context on and sends nothing',
    async (traceparent) => {
      const before = segments.length;
      const hop = await startHop('user-create', traceparent, operationId(1));
      hop.end();
      expect(hop.traceparent).toBe(traceparent);
      const sampled = await startHop('marker', `00-${TRACE}-${PARENT}-01`, operationId(1));
      sampled.end();
      await received(before + 1);
      expect(segments.slice(before).map(({ name }) => name)).toEqual(['marker']);
    },
  );
});
