import { describe, expect, it } from '@jest/globals';
import { normalizeCall } from '../../../../src/callfire/document/normalize-call.js';
import { parseXml } from '../../../../src/callfire/xml/parse-xml.js';
import type { Call } from '../../../../src/calls/call.js';

function normalize(inside: string): Call {
  const namespaces = 'xmlns="http://api.callfire.com/data" xmlns:x="urn:other"';
  return normalizeCall(parseXml(`<Call id="1" ${namespaces}><State>READY</State>${inside}</Call>`));
}

describe('normalizeCall', () => {
  it('makes lists of what may repeat, in document order', () => {
    expect(normalize('<Label/>').labels).toEqual(['']);
    const call = normalize('<Label><Name>b</Name></Label><Note/><Label><Name>a</Name></Label><CallRecord/>');
    expect(call.labels).toEqual(['b', 'a']);
    expect(call.notes).toEqual([{ text: null, created: null }]);
    expect(call.callRecords).toMatchObject([{ id: null, recordings: [], questionResponses: [], notes: [] }]);
  });

  it('looks at direct children only', () => {
    const call = normalize('<CallRecord><Note><Created>2014-01-01T00:00:00Z</Created></Note></CallRecord>');
    expect(call).toMatchObject({ created: null, notes: [] });
  });

  it('keeps the attributes of ToNumber as written and in order, whatever their names', () => {
    const call = normalize('<ToNumber z="1" __proto__="2" x:a="3" xmlns:y="u" constructor=""> 1 </ToNumber>');
    expect(call.toNumber).toBe('1');
    expect(JSON.stringify(call.toNumberAttributes)).toBe(
      '{"z":"1","__proto__":"2","x:a":"3","constructor":""}',
    );
  });

  it('ignores attributes of other elements it knows', () => {
    expect(normalize('<FromNumber a="1">2</FromNumber>').fromNumber).toBe('2');
  });

  it('keeps unknown elements on the object they stand in', () => {
    const inside =
      '<Fee>1</Fee><CallRecord><RecordingMeta><Size unit="kB">7</Size></RecordingMeta></CallRecord><Fee> 2 </Fee>';
    const call = normalize(inside);
    expect(call.extra).toEqual({ Fee: ['1', '2'] });
    expect(call.callRecords[0]?.recordings[0]?.extra).toEqual({ Size: [{ '@unit': 'kB', '#text': '7' }] });
    expect(call.callRecords[0]).not.toHaveProperty('extra');
    expect(Object.keys(call).at(-1)).toBe('extra');
  });

  it('takes a known name in another namespace for unknown', () => {
    expect(normalize('<x:State>X</x:State><Inbound xmlns="">?</Inbound>')).toMatchObject({
      state: 'READY',
      inbound: null,
      extra: { State: ['X'], Inbound: ['?'] },
    });
  });

  it('keeps the children of unknown elements as lists, and names that objects have by nature', () => {
    const call = normalize('<__proto__><constructor/>t<b c="">u</b> \u00a0</__proto__><toString/>');
    expect(JSON.stringify(call.extra)).toBe(
      '{"__proto__":[{"#text":"t","constructor":[""],"b":[{"@c":"","#text":"u"}]}],"toString":[""]}',
    );
  });

  it('keeps what is unknown in a label on the object that has the label, in document order', () => {
    expect(normalize('<A>1</A><Label><Name>n</Name><A>2</A></Label><A>3</A>').extra).toEqual({
      A: ['1', '2', '3'],
    });
  });

  it.each([
    ['text in a call', 'x', 'element Call holds text where only elements belong'],
    [
      'text in a label',
      '<Label>x<Name>n</Name></Label>',
      'element Label holds text where only elements belong',
    ],
    ['text in a note', '<Note>x</Note>', 'element Note holds text where only elements belong'],
    ['a second State', '<State>READY</State>', 'element State stands twice in Call'],
    ['a second Text', '<Note><Text/><Text/></Note>', 'element Text stands twice in Note'],
    ['a record whose id is none', '<CallRecord id=""/>', 'the id of a CallRecord is not a 64-bit number'],
    ['a wrong time', '<Note><Created>now</Created></Note>', 'element Created does not hold a time'],
  ])('refuses %s', (_, inside, reason) => {
    expect(() => normalize(inside)).toThrow(`CallFire's answer is not valid: ${reason}.`);
  });
});
