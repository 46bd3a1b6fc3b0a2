import { describe, expect, it } from '@jest/globals';
import { ask, AUTHORIZATION, startSimulator } from './running-simulator.js';

describe('the control path', () => {
  it('sets and clears faults, for a call or for all', async () => {
    const simulator = await startSimulator();
    const fault = { method: 'PUT', body: '{"status":418}', authorization: null };
    expect((await ask(simulator, '/_control/faults/2001', fault)).status).toBe(204);
    expect((await ask(simulator, '/call/2001')).status).toBe(418);
    expect((await ask(simulator, '/call/2002')).status).toBe(200);
    expect((await ask(simulator, '/_control/faults/*', fault)).status).toBe(204);
    expect((await ask(simulator, '/call/2002')).status).toBe(418);
    expect((await ask(simulator, '/_control/faults', { method: 'DELETE' })).status).toBe(204);
    expect((await ask(simulator, '/call/2002')).status).toBe(200);
  });

  it('puts calls as XML and as fields, and removes them', async () => {
    const simulator = await startSimulator();
    await ask(simulator, '/_control/calls/7', { method: 'PUT', body: '<any/>' });
    expect((await ask(simulator, '/call/7')).text).toBe('<any/>');
    await ask(simulator, '/_control/calls/7', { method: 'PUT', body: '{"state":"CALLBACK","labels":["x"]}' });
    expect((await ask(simulator, '/call/7')).text).toMatch(/<Call id="7">[^]*<State>CALLBACK<[^]*<Name>x</);
    expect((await ask(simulator, '/_control/calls/7', { method: 'DELETE' })).status).toBe(204);
    expect((await ask(simulator, '/call/7')).status).toBe(404);
  });

  it('replaces who may enter', async () => {
    const simulator = await startSimulator();
    const added = `Basic ${Buffer.from('new:pa:ss').toString('base64')}`;
    const put = (logins: object[]) =>
      ask(simulator, '/_control/credentials', { method: 'PUT', body: JSON.stringify(logins) });
    const statuses = () =>
      Promise.all(
        [AUTHORIZATION, added].map(
          async (authorization) => (await ask(simulator, '/call/2001', { authorization })).status,
        ),
      );
    expect(await statuses()).toEqual([200, 401]);
    const demo = { login: 'demo-login', password: 'demo-password' };
    expect((await put([demo, { login: 'new', password: 'pa:ss' }])).status).toBe(204);
    expect(await statuses()).toEqual([200, 200]);
    await put([{ login: 'new', password: 'pa:ss' }]);
    expect(await statuses()).toEqual([401, 200]);
    await put([]);
    expect(await statuses()).toEqual([401, 401]);
  });

  it('shows what has arrived at the API', async () => {
    const simulator = await startSimulator();
    await ask(simulator, '/call/2001');
    const { text } = await ask(simulator, '/_control/requests');
    expect(JSON.parse(text)).toMatchObject([{ method: 'GET', url: '/api/1.1/rest/call/2001' }]);
  });

  it.each([
    ['/_control/faults/2001', '{"status":"x"}', 'fault.status must be a whole number from 200 to 599'],
    ['/_control/faults/2001', '{"tims":1}', "fault has no 'tims'; it has delayMs, "],
    ['/_control/faults/2001', '{"headers":{"a b":""}}', "the name 'a b' in fault.headers cannot be sent"],
    ['/_control/faults/2001', '[]', 'fault must be an object'],
    ['/_control/faults/2001', '{', 'JSON'],
    ['/_control/faults/x', '{}', "'x' is neither a call id nor *"],
    ['/_control/calls/x', '<a/>', "'x' is no call id"],
    ['/_control/calls/', '<a/>', "'' is no call id"],
    ['/_control/calls/7', '{}', 'call.state is missing'],
    [
      '/_control/calls/7',
      '{"state":"READY","records":[{"duration":-1}]}',
      'call.records[0].duration must be',
    ],
    ['/_control/credentials', '{}', 'credentials must be a list'],
    ['/_control/credentials', '[{"login":"a"}]', 'credentials[0].password is missing'],
    ['/_control/credentials', '[{"login":"a:b","password":""}]', 'login must be a string without a colon'],
    ['/_control/calls/%', '<a/>', 'URI malformed'],
  ])('answers wrong input with one line: %s %s', async (path, body, line) => {
    const simulator = await startSimulator();
    const { status, text } = await ask(simulator, path, { method: 'PUT', body });
    expect(status).toBe(400);
    expect(text).toContain(line);
    expect(text.match(/\n/g)).toHaveLength(1);
  });

  it.each([
    ['GET', '/_control/faults'],
    ['PUT', '/_control/faults'],
    ['DELETE', '/_control/faults/2001'],
    ['GET', '/_control/credentials'],
    ['GET', '/_control/'],
  ])('says what there is: %s %s', async (method, path) => {
    const simulator = await startSimulator();
    const { status, text } = await ask(simulator, path, { method });
    expect(status).toBe(404);
    expect(text).toContain('/_control/faults/{id|*}');
  });
});
