import { describe, expect, it } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import type { CallFields } from '../../../src/simulator/simulator.js';
import { ask, startSimulator } from './running-simulator.js';
import { isWellFormed } from './well-formed.js';

const EVERYTHING: CallFields = {
  state: 'FINISHED',
  fromNumber: 'SHOP',
  toNumber: '+4930123456',
  toNumberAttributes: { ClientData: 'a "b" <c> & d\n\te', verifyDigits: '0012' },
  batchId: '9223372036854775807',
  broadcastId: '2',
  contactId: '3',
  inbound: true,
  created: '2014-06-16T19:34:29Z',
  modified: '2014-06-16T21:35:14+02:00',
  finalResult: 'XFER',
  labels: ['A & B', 'grün'],
  records: [
    {
      id: '41',
      result: 'XFER',
      finishTime: '2014-06-16T19:35:16Z',
      billedAmount: '1.6667',
      questionResponses: [{ question: 'q <1>', response: ']]>' }],
      switchId: '6f1e2a44-8a52-4a52-9f0e-0d6c6f0f6a11',
      callerName: 'dialer-7',
      originateTime: '2014-06-16T19:34:29Z',
      answerTime: '2014-06-16T19:34:41Z',
      duration: 35,
      recordings: [
        { id: '51', name: 'r', created: '2014-06-16T19:36:00Z', lengthInSeconds: 30, link: 'http://x/?a&b' },
      ],
      notes: [{ text: 'on the record', created: '2014-06-16T19:37:00Z' }],
    },
    {},
  ],
  agentCall: false,
  notes: [{ text: 'two\r\nlines \u0001' }],
};

const parser = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  isArray: (name) => ['Call', 'CallRecord', 'Label', 'Note'].includes(name),
});

function wellFormed(xml: string): unknown {
  expect(isWellFormed(xml)).toBe(true);
  return parser.parse(xml);
}

describe('call documents', () => {
  it('hold every element of the schema, escaped', async () => {
    const simulator = await startSimulator();
    simulator.putCall('17', EVERYTHING);
    const { text, headers } = await ask(simulator, '/call/17');
    wellFormed(text);
    expect(headers['content-type']).toBe('application/xml');
    for (const piece of [
      '<Call id="17">',
      '<FromNumber>SHOP</FromNumber>',
      '<ToNumber ClientData="a &#34;b&#34; &lt;c&gt; &amp; d&#10;&#9;e" verifyDigits="0012">+4930123456</ToNumber>',
      '<BatchId>9223372036854775807</BatchId>',
      '<Inbound>true</Inbound>',
      '<Modified>2014-06-16T21:35:14+02:00</Modified>',
      '<Name>A &amp; B</Name>',
      '<Name>grün</Name>',
      '<BilledAmount>1.6667</BilledAmount>',
      '<Question>q &lt;1&gt;</Question>',
      '<Response>]]&gt;</Response>',
      '<SwitchId>6f1e2a44-8a52-4a52-9f0e-0d6c6f0f6a11</SwitchId>',
      '<CallerName>dialer-7</CallerName>',
      '<LengthInSeconds>30</LengthInSeconds>',
      '<Link>http://x/?a&amp;b</Link>',
      '<Text>on the record</Text>',
      '<AgentCall>false</AgentCall>',
      '<Text>two&#13;\nlines \uFFFD</Text>',
    ]) {
      expect(text).toContain(piece);
    }
  });

  it('are CallFire’s own JSON below .json, with numeric ids of any length', async () => {
    const simulator = await startSimulator();
    simulator.putCall('9223372036854775807', EVERYTHING);
    const { text, headers } = await ask(simulator, '/call/9223372036854775807.json');
    expect(headers['content-type']).toBe('application/json');
    expect(text).toMatch(/^\{"Resource":\{"Call":\{"@id":9223372036854775807,"FromNumber":"SHOP",/);
    expect(JSON.parse(text)).toMatchObject({
      Resource: {
        Call: {
          ToNumber: { value: '+4930123456', '@verifyDigits': '0012' },
          Label: [{ Name: 'A & B' }, { Name: 'grün' }],
          CallRecord: [
            { '@id': 41, BilledAmount: 1.6667, RecordingMeta: [{ '@id': 51 }] },
            { Result: 'XFER' },
          ],
        },
      },
    });
  });

  it('say of call 224205636001 what CallFire published', async () => {
    const simulator = await startSimulator();
    const { text } = await ask(simulator, '/call/224205636001');
    expect(wellFormed(text)).toMatchObject({
      'r:Resource': {
        '@_xmlns': 'http://api.callfire.com/data',
        '@_xmlns:r': 'http://api.callfire.com/resource',
        Call: [
          {
            '@_id': '224205636001',
            FromNumber: '12132609784',
            ToNumber: { '@_context': 'cf3-verify', '@_verifyDigits': '9366', '#text': '19196991764' },
            State: 'FINISHED',
            BroadcastId: '1836940001',
            ContactId: '169915679001',
            Inbound: 'false',
            Created: '2014-06-16T19:34:29Z',
            Modified: '2014-06-16T19:35:14Z',
            FinalResult: 'LA',
            CallRecord: [
              {
                '@_id': '135106697001',
                Result: 'LA',
                FinishTime: '2014-06-16T19:35:16Z',
                BilledAmount: '0.0',
                OriginateTime: '2014-06-16T19:34:29Z',
                AnswerTime: '2014-06-16T19:34:41Z',
                Duration: '35',
              },
            ],
          },
        ],
      },
    });
  });

  it('are served byte for byte where raw XML was put, and have no JSON then', async () => {
    const simulator = await startSimulator();
    const raw = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><Gr\xfc\xdfe/>', 'latin1');
    simulator.putCall('18', raw);
    expect((await ask(simulator, '/call/18')).body).toEqual(raw);
    expect((await ask(simulator, '/call/18.json')).status).toBe(501);
  });

  it('are refused when a field is not what it must be', async () => {
    const simulator = await startSimulator();
    expect(() => {
      simulator.putCall('18', { state: 'READY', batchId: 'x' });
    }).toThrow('call.batchId must be a string of digits');
    expect(() => {
      simulator.putCall('018', { state: 'READY' });
    }).toThrow("'018' is no call id");
    expect(() => {
      simulator.putCall('18', { state: 'READY', toNumberAttributes: { 'a b': '' } });
    }).toThrow('an XML attribute name');
  });
});

describe('the finished calls', () => {
  it('are well-formed and of all kinds', async () => {
    const simulator = await startSimulator();
    const { text } = await ask(simulator, '/call?State=FINISHED');
    wellFormed(text);
    for (const kind of [
      '<FinalResult>AM<',
      '<FinalResult>BUSY<',
      '<Inbound>true<',
      '<Label>',
      '<QuestionResponse>',
      '<RecordingMeta ',
      '<SwitchId>',
      '<CallerName>',
      '<AgentCall>',
      '<Note>',
      'ClientData="',
      '<FromNumber>67076<',
    ]) {
      expect(text).toContain(kind);
    }
    expect(text).toMatch(/<\/CallRecord>\s*<CallRecord/);
  });

  it('have no OriginateTime and no BroadcastId when inbound', async () => {
    const simulator = await startSimulator();
    const { text } = await ask(simulator, '/call?Inbound=true');
    expect(text).toContain('<Inbound>true<');
    expect(text).not.toMatch(/OriginateTime|BroadcastId/);
  });

  it('are the same for the same seed and others for another', async () => {
    const [one, same, other] = await Promise.all([7, 7, 8].map((seed) => startSimulator({ seed })));
    if (!one || !same || !other) throw new Error('three were started');
    for (const id of ['2001', '2999', '5000000000', '5999999999']) {
      const { text, status } = await ask(one, `/call/${id}`);
      expect(status).toBe(200);
      wellFormed(text);
      expect((await ask(same, `/call/${id}`)).text).toBe(text);
      expect((await ask(other, `/call/${id}`)).text).not.toBe(text);
    }
  });

  it('end where the numbers end', async () => {
    const simulator = await startSimulator();
    for (const id of ['2000', '3000', '4999999999', '6000000000', '02001']) {
      expect((await ask(simulator, `/call/${id}`)).status).toBe(404);
    }
  });
});
