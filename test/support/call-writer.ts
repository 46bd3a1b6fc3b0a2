import type {
  Call,
  CallRecord,
  Extra,
  ExtraValue,
  Note,
  QuestionResponse,
  Recording,
} from '../../src/calls/call.js';
import type { Attribute, Child, Pen, Spelling } from './xml-pen.js';

const DATA = 'http://api.callfire.com/data';
const RESOURCE = 'http://api.callfire.com/resource';
const SCHEMA_INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';

/** Names that would not be extra in the data namespace. */
const KNOWN: ReadonlySet<string> = new Set(['State', 'Note', 'Name', 'CallRecord']);

/** Writes calls as CallFire's XML, the other way round from `normalizeCall`. */
export function createWriter(spelling: Spelling, pen: Pen): { document(call: Call): string } {
  const declare = (prefix: string, namespace: string): Attribute => [
    prefix === '' ? 'xmlns' : `xmlns:${prefix}`,
    namespace,
  ];
  const inData = declare(spelling.dataPrefix, DATA);
  const qualified = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}:${name}`);

  const element = (name: string, attributes: readonly Attribute[], content: string): Child => {
    const own = spelling.localDeclarations
      ? pen.pick([
          [inData, ...attributes],
          [...attributes, inData],
        ])
      : attributes;
    return { kind: name, xml: pen.element(qualified(spelling.dataPrefix, name), own, content) };
  };
  const container = (name: string, attributes: readonly Attribute[], children: readonly Child[]): Child =>
    element(name, attributes, pen.children(children));
  const scalar = <T>(name: string, value: T | null, write: (value: T) => string): Child[] => {
    if (value !== null) return [element(name, [], pen.value(write(value)))];
    const nil: Attribute[] = [declare('xsi', SCHEMA_INSTANCE), ['xsi:nil', pen.pick(['true', '1'])]];
    return spelling.otherForms && pen.chance(0.2) ? [element(name, nil, '')] : [];
  };
  const plain = (text: string): string => text;
  const integer = (value: number | string): string =>
    spelling.otherForms ? otherInteger(String(value), pen) : String(value);
  const decimal = (value: number): string =>
    spelling.otherForms
      ? pen.pick([String(value), value.toExponential(), `+${value}`.replace('+-', '-')])
      : String(value);
  const boolean = (value: boolean): string =>
    spelling.otherForms && pen.chance(0.5) ? String(Number(value)) : String(value);
  const time = (value: string): string => (spelling.otherForms ? otherTime(value, pen) : value);
  const idAttribute = (id: string | null): Attribute[] => (id === null ? [] : [['id', integer(id)]]);

  const extras = (extra: Extra | undefined): Child[] =>
    Object.entries(extra ?? {}).flatMap(([name, values]) => values.map((value) => extraElement(name, value)));
  const extraElement = (name: string, value: ExtraValue): Child => {
    const entries = typeof value === 'string' ? [['#text', value] as const] : Object.entries(value);
    const attributes: Attribute[] = [];
    const children: Child[] = [];
    let text = '';
    for (const [key, content] of entries) {
      if (typeof content !== 'string') children.push(...content.map((child) => extraElement(key, child)));
      else if (key === '#text') text = pen.value(content);
      else attributes.push([key.slice(1), content]);
    }
    const inside = children.length === 0 ? text : text + pen.children(sameKind(children));
    return { kind: 'extra', xml: inSomeNamespace(name, attributes, inside) };
  };
  const inSomeNamespace = (name: string, attributes: readonly Attribute[], content: string): string => {
    if (!KNOWN.has(name) && pen.chance(0.5)) return element(name, attributes, content).xml;
    const elsewhere = pen.chance(0.5) ? declare('x', 'urn:example:other') : declare('', '');
    return pen.element(elsewhere[0] === 'xmlns' ? name : `x:${name}`, [elsewhere, ...attributes], content);
  };

  const note = ({ text, created, extra }: Note): Child =>
    container(
      'Note',
      [],
      [...scalar('Text', text, plain), ...scalar('Created', created, time), ...extras(extra)],
    );
  const questionResponse = ({ question, response, extra }: QuestionResponse): Child =>
    container(
      'QuestionResponse',
      [],
      [...scalar('Question', question, plain), ...scalar('Response', response, plain), ...extras(extra)],
    );
  const recording = (it: Recording): Child =>
    container('RecordingMeta', idAttribute(it.id), [
      ...scalar('Name', it.name, plain),
      ...scalar('Created', it.created, time),
      ...scalar('LengthInSeconds', it.lengthInSeconds, integer),
      ...scalar('Link', it.link, plain),
      ...extras(it.extra),
    ]);
  const billedAmount = (amount: number | null): Child[] =>
    amount === null && pen.chance(0.3)
      ? [element('BilledAmount', [], pen.value(pen.pick(['NaN', 'INF', '-INF'])))]
      : scalar('BilledAmount', amount, decimal);
  const record = (it: CallRecord): Child =>
    container('CallRecord', idAttribute(it.id), [
      ...scalar('Result', it.result, plain),
      ...scalar('FinishTime', it.finishTime, time),
      ...billedAmount(it.billedAmount),
      ...it.questionResponses.map(questionResponse),
      ...scalar('SwitchId', it.switchId, plain),
      ...scalar('CallerName', it.callerName, plain),
      ...scalar('OriginateTime', it.originateTime, time),
      ...scalar('AnswerTime', it.answerTime, time),
      ...scalar('Duration', it.duration, integer),
      ...it.recordings.map(recording),
      ...it.notes.map(note),
      ...extras(it.extra),
    ]);
  const toNumber = ({ toNumber, toNumberAttributes }: Call): Child[] =>
    toNumber === null ? [] : [element('ToNumber', Object.entries(toNumberAttributes), pen.value(toNumber))];
  const call = (it: Call): Child =>
    container('Call', idAttribute(it.id), [
      ...scalar('FromNumber', it.fromNumber, plain),
      ...toNumber(it),
      ...scalar('State', it.state, plain),
      ...scalar('BatchId', it.batchId, integer),
      ...scalar('BroadcastId', it.broadcastId, integer),
      ...scalar('ContactId', it.contactId, integer),
      ...scalar('Inbound', it.inbound, boolean),
      ...scalar('Created', it.created, time),
      ...scalar('Modified', it.modified, time),
      ...scalar('FinalResult', it.finalResult, plain),
      ...it.labels.map((name) => container('Label', [], scalar('Name', name, plain))),
      ...it.callRecords.map(record),
      ...scalar('AgentCall', it.agentCall, boolean),
      ...it.notes.map(note),
      ...extras(it.extra),
    ]);

  return {
    document: (it) => {
      const inResource = declare(spelling.resourcePrefix, RESOURCE);
      const declarations = spelling.localDeclarations ? [inResource] : [inData, inResource];
      const sibling = pen.element(
        qualified(spelling.resourcePrefix, 'Note'),
        [],
        pen.value('not part of the call'),
      );
      const children = [{ kind: 'sibling', xml: sibling }, call(it)];
      return pen.element(
        qualified(spelling.resourcePrefix, 'Resource'),
        declarations,
        pen.children(children),
      );
    },
  };
}

function sameKind(children: readonly Child[]): Child[] {
  return children.map(({ xml }) => ({ kind: 'extra', xml }));
}

function otherInteger(canonical: string, pen: Pen): string {
  const [sign, digits] = canonical.startsWith('-')
    ? ['-', canonical.slice(1)]
    : [pen.pick(['', '+']), canonical];
  return sign + pen.pick(['', '0', '000']) + digits;
}

function otherTime(utc: string, pen: Pen): string {
  const fraction = utc.slice(19, -1);
  const offset = pen.integer(-14 * 60, 14 * 60);
  const local = new Date(Date.parse(`${utc.slice(0, 19)}Z`) + offset * 60_000).toISOString().slice(0, 19);
  const size = new Date(Math.abs(offset) * 60_000).toISOString().slice(11, 16);
  return pen.pick([
    utc,
    utc.slice(0, -1),
    `${utc.slice(0, 19)}${fraction}+00:00`,
    `${endOfDay(local, fraction)}${fraction}${offset < 0 ? '-' : '+'}${size}`,
  ]);
}

/** Midnight may be written as the end of the day before. */
function endOfDay(local: string, fraction: string): string {
  if (!local.endsWith('T00:00:00') || /[1-9]/.test(fraction)) return local;
  return `${new Date(Date.parse(`${local}Z`) - 1).toISOString().slice(0, 10)}T24:00:00`;
}
