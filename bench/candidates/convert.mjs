import { XMLParser } from 'fast-xml-parser';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { callDocument, listDocument } from '../documents.mjs';
import { interleave } from '../measure.mjs';

/** Converts documents again and again, in turn with each way, and prints µs a document as JSON. */
const [, , dist, rounds, seconds] = process.argv;
const room = (file) => import(pathToFileURL(join(dist, 'callfire', file)).href);
const [{ readCallDocument }, { parseXml }] = await Promise.all(
  ['document/call-document.js', 'xml/parse-xml.js'].map(room),
);

const parser = new XMLParser();
const ID = '224205636001';
const CASES = [
  { name: 'the sample call', text: callDocument(ID), read: readCall },
  { name: '100 calls', text: listDocument(100), read: readList },
  { name: '1,000 calls', text: listDocument(1000), read: readList },
];

const results = [];
for (const { name, text, read } of CASES) {
  const body = Buffer.from(text);
  const ways = [parse, parseValidated, read];
  const [parsed, validated, ours] = await interleave(ways, Number(rounds), (way) => microsOf(way, body));
  const samples = ours.map((_, round) => ({
    parsed: parsed[round],
    validated: validated[round],
    ours: ours[round],
  }));
  results.push({ name, bytes: body.length, samples });
}
console.log(JSON.stringify(results));

function parse(body) {
  return parser.parse(body.toString('utf8'));
}

function parseValidated(body) {
  return parser.parse(body.toString('utf8'), true);
}

/** All of what a lookup does with an answer: decoding, strict check, parsing, normalizing. */
function readCall(body) {
  return readCallDocument(body, 'application/xml', ID);
}

/** The strict check and the parsing alone. */
function readList(body) {
  return parseXml(body.toString('utf8'));
}

function microsOf(way, body) {
  const start = performance.now();
  const end = start + seconds * 1000;
  let count = 0;
  for (; performance.now() < end; count += 1) way(body);
  return ((performance.now() - start) * 1000) / count;
}
